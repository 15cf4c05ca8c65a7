"""From checked files to archive parts: rows are compared with each other and with the archive."""
