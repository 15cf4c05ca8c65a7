"""Paying out on an approved decision, and cancelling a payment."""
