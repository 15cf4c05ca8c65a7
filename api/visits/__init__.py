"""Visits: what an officer confirmed on the spot, counted by the next decision."""
