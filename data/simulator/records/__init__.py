"""What of the simulated life is put on record, and when it becomes known."""
