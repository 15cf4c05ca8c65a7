"""The families that a card can be learned by, and the boosted trees they are compared with."""
