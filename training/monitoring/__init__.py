"""Monitoring of a card since its training: members, applicants, outcomes, places."""
