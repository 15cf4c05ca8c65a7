"""The scorecard: bins, integer points, PD table, grades, reasons, and its files."""
