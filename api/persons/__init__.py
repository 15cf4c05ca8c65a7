"""A person's rights: a copy of all that is held about them, and erasure."""
