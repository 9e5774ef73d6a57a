"""What pages say: words, numbers, flags and false flags as sentences."""
