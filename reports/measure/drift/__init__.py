"""The sequential detector: evidence, alarm, onset, what moved, what stands; and its replay over a past."""
