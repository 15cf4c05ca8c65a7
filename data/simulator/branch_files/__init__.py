"""Files as branches would send them, with dirty rows on purpose."""
