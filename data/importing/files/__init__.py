"""Readers that turn csv and xlsx files into sheets of text cells."""
