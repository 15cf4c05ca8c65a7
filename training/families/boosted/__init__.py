"""Shapes distilled from boosted trees of two splits: exact tables over few bins."""
