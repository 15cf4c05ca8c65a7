"""The console: pages for people, each made from the answers of the service's own routes."""
