"""Shapes distilled from boosted trees of two splits: exact tables, few bins, points."""
