"""From branch files to checked rows: read, recognise, parse, check, quarantine, store, report."""
