"""Approval, error rates and calibration by group, and who stands proxy for whom."""
