"""``make demo``: the main job, from nothing to a decision, by the commands a user types."""
