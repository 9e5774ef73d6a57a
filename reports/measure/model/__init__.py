"""What is common to a chain (difficulty, severity, dayparts, weeks) and the level of each location in it."""
