"""What a card is worth: discrimination, calibration, stability."""
