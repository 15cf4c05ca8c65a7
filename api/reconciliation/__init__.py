"""The bank's books beside the ledger: recorded after an import, listed, settled by a person."""
