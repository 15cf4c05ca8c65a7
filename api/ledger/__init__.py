"""The ledger: every decision and what follows it, appended, chained, sealed and never changed.

Reading order: entries → tables → chain → checkpoints → commands → transaction → store → writer.
"""
