"""Every door a decision leaves by: HTTP and batch."""
