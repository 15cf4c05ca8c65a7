"""A decision in plain sentences, and what would change it."""
