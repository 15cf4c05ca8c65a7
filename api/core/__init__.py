"""What every room of the service stands on: settings, the principal, log, metrics, calendar."""
