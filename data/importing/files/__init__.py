"""Readers of branch files: csv and xlsx as sheets of text cells."""
