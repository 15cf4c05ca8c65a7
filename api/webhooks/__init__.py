"""Webhooks: events for other systems, in the order of the ledger."""
