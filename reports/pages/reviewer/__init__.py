"""Whether to believe a visit: the desk and its decisions."""
