"""The portfolio by place: totals over the whole ledger."""
