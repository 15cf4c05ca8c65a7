"""A run as pages, pictures, workbook and files."""
