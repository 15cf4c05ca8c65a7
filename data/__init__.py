"""Where records come from and are kept: import, quarantine, archive, simulator."""
