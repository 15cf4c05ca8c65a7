"""Scoring many rows: whitelist rows, flat tables, and shadow scoring of a challenger."""
