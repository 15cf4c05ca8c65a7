"""Import of branch files: read, recognise, parse, check, quarantine, store, report."""
