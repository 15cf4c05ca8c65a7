"""Measures of a card: discrimination, calibration, stability."""
