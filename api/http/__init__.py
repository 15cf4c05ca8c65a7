"""What all routes share of HTTP: bodies, problems, field rules, OpenAPI and the request log."""
