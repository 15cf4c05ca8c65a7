"""The files that branches would send, with dirty rows on purpose."""
