"""What the benches of the detector share: made and real series in memory, and what its flags are worth there."""
