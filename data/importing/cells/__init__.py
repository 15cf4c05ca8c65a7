"""One cell or one column: from text to a value of the contract."""
