"""The console script `rongzi`."""
