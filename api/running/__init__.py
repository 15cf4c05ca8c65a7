"""Staying up and being seen: swap, drain, limits, logs, metrics."""
