"""HTTP as the service speaks it: bodies, problems, field rules, OpenAPI, request log."""
