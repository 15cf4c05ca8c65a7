"""A person's rights: an export of all stored data, and erasure."""
