"""Attributes into bins with weights of evidence."""
