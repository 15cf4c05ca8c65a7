"""The HTTP server: the application, overload protection, health, start and stop."""
