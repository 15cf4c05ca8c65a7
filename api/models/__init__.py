"""Training runs, cards as tables, monitoring and comparisons, read from signed summaries."""
