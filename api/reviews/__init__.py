"""Decisions by people: the review queue, claims, verdicts and overrides."""
