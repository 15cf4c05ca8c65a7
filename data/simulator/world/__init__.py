"""What is fixed before the first month: map, households, people, shocks."""
