"""Events sent to other systems, in the order of the ledger."""
