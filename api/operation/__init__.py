"""What an operator looks at: editions, what they change, and the state of the installation."""
