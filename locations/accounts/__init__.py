"""Who signs in and what they answer for: users, roles, keys, the way in."""
