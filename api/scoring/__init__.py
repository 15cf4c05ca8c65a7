"""Scoring many rows: whitelist rows, flat tables, Spark, and a challenger in shadow."""
