"""Shared by every room of the service: settings, the principal, log, metrics and calendar."""
