"""Records of the simulated economy, and when each becomes known."""
