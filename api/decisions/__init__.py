"""Decisions: the command, its stored form, its route, and replay."""
