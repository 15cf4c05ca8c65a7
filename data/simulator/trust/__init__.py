"""Whether a simulated archive earns trust: a plain table of loans, and what ranks them."""
