"""Storage: archive, profiles, flat tables, key files."""
