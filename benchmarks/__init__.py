"""Timings, ratios and public data sets; never part of CI."""
