"""HTTP as the service speaks it: bodies, problems, field rules, the OpenAPI document, request log."""
