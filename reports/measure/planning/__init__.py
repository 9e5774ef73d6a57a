"""What a visit would teach where, and by whom."""
