"""Consent: given and withdrawn at the counter, folded with what the archive says."""
