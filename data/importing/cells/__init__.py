"""Parsers that turn the text of a cell or a column into values of the archive contract."""
