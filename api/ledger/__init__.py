"""The ledger: every decision and what became of it, appended, chained, sealed and never changed.

Reading order: entries → chain → tables → transaction → commands → performing → writer.
"""
