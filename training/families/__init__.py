"""The families a card can be learned by, and their rivals."""
