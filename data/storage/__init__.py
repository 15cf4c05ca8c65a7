"""Where records are kept: archive, profiles, flat tables, key files."""
