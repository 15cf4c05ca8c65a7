"""People decide: the review queue, claims, verdicts and overrides."""
