"""Sources and storage of records: import, archive, published cards, simulator."""
