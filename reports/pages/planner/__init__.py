"""Where the next visit teaches most."""
