"""From profile to decision: knock-outs, income, capacity, offer, tier."""
