"""Numbers from outside: reading CSV files, checking readings row by row, storing them once."""
