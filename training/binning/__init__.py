"""Binning of attributes, and the evidence in their bins."""
