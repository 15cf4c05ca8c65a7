"""The ledger's payments beside the bank's loans: matched, and compared figure by figure."""
