"""What we believe: contracts, profile, policy, scorecard, offer, decision. Pure."""
