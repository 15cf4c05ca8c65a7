"""Runs in MLflow; no other room imports it."""
