"""What every page draws: geometry without Django; the templates beside print it."""
