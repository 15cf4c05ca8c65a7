"""What a challenger must show before it may replace the champion."""
