"""Consent: given and withdrawn at the counter, combined with the archive's records."""
