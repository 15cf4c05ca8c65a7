"""The published card and the record of promotions."""
