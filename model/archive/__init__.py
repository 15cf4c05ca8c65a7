"""The archive contract: which tables and columns exist and what is right in them."""
