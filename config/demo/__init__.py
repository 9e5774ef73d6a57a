"""The demonstration: an invented chain, made anew from a seed and ending yesterday, and everything that runs it."""
