"""How large an input may be, so that no file can exhaust memory or time, and why each bound."""

from __future__ import annotations

MIB = 1024 * 1024

#: A county's cash flow of one year is about 4 MB; csv is streamed, so this bounds time only.
MAX_CSV_BYTES = 512 * MIB
#: A township's members, plots and assessments take about 0.2 MB packed.
MAX_WORKBOOK_BYTES = 64 * MIB
#: All parts of a workbook together, unpacked; sheets are streamed, so this bounds time as well.
MAX_UNPACKED_BYTES = 512 * MIB
#: Spreadsheets pack 5 to 40 times; a bomb packs up to 1,032 times (the limit of deflate).
MAX_PACKING_RATIO = 200
#: Small parts may pack better than that without harm.
PACKING_RATIO_FROM_BYTES = 16 * MIB
#: The zip directory is read whole: about 100 bytes for each of a few dozen parts.
MAX_DIRECTORY_BYTES = MIB
#: Styles, relations and the sheet list are read whole.
MAX_SMALL_PART_BYTES = 16 * MIB
#: The shared texts of a workbook stay in memory while it is read: about 60 bytes each and the text.
MAX_SHARED_TEXTS = 2_000_000
MAX_SHARED_CHARS = 128 * MIB
#: A workbook has a sheet per table; more than this is not a branch file.
MAX_SHEETS = 100
#: A sheet of Excel has 1,048,576 rows; a csv may hold a few sheets' worth.
MAX_ROWS = 4_000_000
#: The widest table has 18 columns; branches add some of their own.
MAX_COLUMNS = 256
#: Five times the longest stored text. Longer cells are cut and their rows quarantined: a shared
#: text of 32,767 characters would otherwise let a small workbook fill the memory.
MAX_CELL_CHARS = 1_000
#: All cells of a sheet together, each as long as it is read.
MAX_SHEET_CHARS = 1024 * MIB
#: A line is read whole before it is split.
MAX_LINE_CHARS = MIB
#: Longer quoted texts than this do not occur: the quotation mark was never closed.
MAX_LINES_IN_A_ROW = 20
#: Merged ranges are kept in memory.
MAX_MERGED_RANGES = 100_000
#: Cells filled from merged ranges: ranges that overlap would take no end of time.
MAX_MERGED_CELLS = 2_000_000
#: Titles, units and notes stand above the header; the header is looked for this far down.
HEADER_SEARCH_ROWS = 30
#: Characters parsed at a time, however long the rows are.
CHUNK_CHARS = 32 * MIB
#: Rows parsed at a time: enough to make arrays pay, little enough to stay small.
CHUNK_ROWS = 65_536

#: Stored texts (names of people, villages) and identifiers.
MAX_TEXT_CHARS = 200
MAX_IDENTIFIER_CHARS = 64
