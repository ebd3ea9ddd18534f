"""Is the hierarchy right: a tree against a reference, a random one and its own reverse."""
