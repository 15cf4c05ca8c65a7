"""From additive tables to the integer card: compile, round, calibrate."""
