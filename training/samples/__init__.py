"""What a card is learned from: vintages, labels, splits, flat tables."""
