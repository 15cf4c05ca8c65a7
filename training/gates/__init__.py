"""The gates that a challenger must pass before it may replace the champion."""
