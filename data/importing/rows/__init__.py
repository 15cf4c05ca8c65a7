"""Rows checked against the contract, one by one and by the column."""
