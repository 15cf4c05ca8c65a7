"""The integer card: compile additive tables, round to whole points, calibrate."""
