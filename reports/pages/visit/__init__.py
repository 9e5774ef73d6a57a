"""One visit with all that was seen, said and corrected."""
