"""``make demo``: the main job, from an empty folder to a decision, by the commands a user types."""
