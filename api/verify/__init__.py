"""Verification: every row of the ledger held against its chain, seals and outside file."""
