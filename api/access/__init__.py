"""Who may do what: tokens, accounts, roles, places, and the record of every look at a person."""
