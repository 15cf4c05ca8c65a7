"""How a card is learned: vintages, fit, validate, track, promote."""
