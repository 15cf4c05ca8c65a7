"""Samples: vintages, labels, splits, flat tables."""
