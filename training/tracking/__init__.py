"""Runs in MLflow; only this room imports it."""
