"""Checks of rows against the archive contract."""
