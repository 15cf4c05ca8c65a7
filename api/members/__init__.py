"""A member and the whitelist as the service shows them."""
