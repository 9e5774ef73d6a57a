"""What the benches of the whole product share: databases, files, servers and browsers of their own."""
