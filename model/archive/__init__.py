"""The archive contract: its tables and columns, and the values that are valid in them."""
