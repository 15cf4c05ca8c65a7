"""Payments on approved decisions, and their cancellation."""
