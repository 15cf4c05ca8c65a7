"""Recognition of the table that a sheet holds, and of its rows of data."""
