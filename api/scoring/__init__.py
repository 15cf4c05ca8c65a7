"""Scoring many rows: whitelist rows, flat tables, Spark, and shadow scoring of a challenger."""
