"""The profile: what is believed of each member as of a date."""
