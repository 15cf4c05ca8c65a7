"""Learning from applicants whose outcome nobody saw."""
