"""A decision after it is made: its state, its history and its explanation."""
