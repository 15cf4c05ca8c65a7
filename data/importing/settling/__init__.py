"""From checked files to archive parts: duplicates, conflicts, unknown parents."""
