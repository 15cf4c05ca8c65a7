"""The running server: the application, overload, health, start and stop."""
