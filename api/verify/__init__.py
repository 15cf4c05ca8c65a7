"""Verification of the ledger: every row against the chains, the seals and the checkpoint file."""
