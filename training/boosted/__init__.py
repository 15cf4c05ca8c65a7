"""Shapes distilled from boosted trees of two splits: exact tables, then few bins, then points."""
