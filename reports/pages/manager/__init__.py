"""What a regional manager reads: the drift report, the stores, one store with the evidence."""
