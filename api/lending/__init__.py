"""What follows a decision: review, override, disbursement, consent, a person's rights, events.

Every write is a command over the ledger; every state is a fold over its entries.
"""
