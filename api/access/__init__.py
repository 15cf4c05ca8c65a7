"""Access control: tokens, accounts, roles and places, and the audit of access to personal data."""
