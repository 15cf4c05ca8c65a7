"""Reports of a run: HTML page, pictures, workbook and files."""
