"""One decision after it is made: where it stands, its history and its explanation."""
