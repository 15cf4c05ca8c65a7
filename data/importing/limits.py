"""Limits on the size of an input, so that no file exhausts memory or time, with their reasons."""

from __future__ import annotations

MIB = 1024 * 1024

#: A county's cash flow of one year is about 4 MB. Csv is streamed, so this limits time only.
MAX_CSV_BYTES = 512 * MIB
#: A township's members, plots and assessments take about 0.2 MB packed.
MAX_WORKBOOK_BYTES = 64 * MIB
#: All unpacked parts of a workbook together. Sheets are streamed, so this limits time only.
MAX_UNPACKED_BYTES = 512 * MIB
#: Spreadsheets compress 5 to 40 times; a bomb up to 1,032 times (the limit of deflate).
MAX_PACKING_RATIO = 200
#: A smaller part may compress better than that, because it does no harm.
PACKING_RATIO_FROM_BYTES = 16 * MIB
#: The zip directory is read at once: about 100 bytes for each of a few dozen parts.
MAX_DIRECTORY_BYTES = MIB
#: Styles, relations and the sheet list stay in memory.
MAX_SMALL_PART_BYTES = 16 * MIB
#: The shared strings of a workbook stay in memory: about 60 bytes each plus the text.
MAX_SHARED_TEXTS = 2_000_000
MAX_SHARED_CHARS = 128 * MIB
#: A branch file has one sheet per table.
MAX_SHEETS = 100
#: A sheet of Excel has 1,048,576 rows; a csv may hold a few sheets' worth.
MAX_ROWS = 4_000_000
#: The widest table has 18 columns; branches add some.
MAX_COLUMNS = 256
#: Five times the longest stored text. Longer cells are cut and their rows quarantined: otherwise a
#: shared string of 32,767 characters could let a small workbook fill the memory.
MAX_CELL_CHARS = 1_000
#: All cells of a sheet together, after cutting.
MAX_SHEET_CHARS = 1024 * MIB
#: A line is read into memory before it is split.
MAX_LINE_CHARS = MIB
#: No quoted text of a branch has more lines; beyond this the quotation mark is not closed.
MAX_LINES_IN_A_RECORD = 20
#: Merged ranges stay in memory.
MAX_MERGED_RANGES = 100_000
#: Cells filled from merged ranges: overlapping ranges could otherwise take unlimited time.
MAX_MERGED_CELLS = 2_000_000
#: The header may follow titles, units and notes; the search ends after this many rows.
HEADER_SEARCH_ROWS = 30
#: Characters parsed at a time.
CHUNK_CHARS = 32 * MIB
#: Characters of a csv file read as columns at a time: about 40,000 rows of cash flow.
BLOCK_CHARS = 4 * MIB
#: Rows parsed at a time: enough for arrays to pay off, few enough to stay small in memory.
CHUNK_ROWS = 65_536

#: Limits of stored texts (names of people, villages) and of identifiers.
MAX_TEXT_CHARS = 200
MAX_IDENTIFIER_CHARS = 64
