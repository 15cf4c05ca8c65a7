"""The member view, the whitelist and the funnel of the edition in use."""
