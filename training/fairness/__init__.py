"""Fairness: approval, error rates and calibration by group, and proxies for groups."""
