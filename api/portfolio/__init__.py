"""The portfolio by place: sums over the whole ledger."""
