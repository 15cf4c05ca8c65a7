"""What is fixed before the first month: villages, households, people, shocks."""
