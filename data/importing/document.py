"""The page ``docs/archive.md``: ``python -m data.importing.document > docs/archive.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping

from data.importing.limits import (
    HEADER_SEARCH_ROWS,
    MAX_CELL_CHARS,
    MAX_COLUMNS,
    MAX_CSV_BYTES,
    MAX_ROWS,
    MAX_UNPACKED_BYTES,
    MAX_WORKBOOK_BYTES,
    MIB,
)
from data.importing.reasons import ARCHIVE_REASONS, CELL_REASONS, ROW_REASONS, ReasonText
from data.importing.refusals import REFUSALS
from model.archive.tables import RECORDED_AT_COLUMN, Column, RowCheck, Table, archive_tables

_HEAD = """\
# Archive tables and their import 会员档案与导入

Written from `model/archive/archive.yaml` and `data/importing/` by `python -m data.importing.document`;
change them there, never here.

```
rongzi import FILES… --archive DIR [--quarantine DIR] [--report FILE] [--recorded-at TIME]
```

The exit status is 0 when at least one file could be read, bad rows or not, and 1 when none could.

FILES are xlsx or csv files, or folders of them. Bad rows never stop an import: they go to
quarantine files beside the archive, with their reasons. Counts reconcile in every sheet, table
and run: **read = accepted + quarantined + duplicate**; blank lines, totals and notes are no data
and counted apart (`skipped`).

## What a file may look like 文件要求

- **Format** by content, not by name: xlsx; csv in UTF-8 (with or without BOM), GB18030/GBK,
  UTF-16 (with or without BOM), with comma, tab or semicolon.
- **Header** anywhere in the first {header_rows} rows, below titles and notes; in one row or two.
  Every column of the table must be there (a cell may be blank where the table below says
  *optional*); only `{recorded}` may be left out. Columns that no table has are named and not
  taken. Sheets of a workbook are tables of their own; sheets without a known header are named and
  passed over.
- **Units** in the header, 销售额（万元）, 面积（公顷）, 亩产（斤）, convert the column;
  单位：万元 above the header holds for every column whose header names no unit; a unit in a cell,
  3.5公顷, overrides both. A unit that cannot be converted refuses the sheet.
- **Numbers**: thousands separators, full-width digits, ￥ and stray spaces are taken off.
  Measures and money are rounded half up (四舍五入) to the declared decimals after conversion;
  counts are never rounded. Scientific notation has lost digits and is quarantined.
- **Dates**: 2023-05-01, 2023/5/1, 2023.5.1, 2023年5月1日, 20230501, a spreadsheet's day number
  (1900 or 1904), with or without a time of day. Months: 2023-05, 2023年5月, 202305, May-23, or
  any day of the month. Two-digit years and 5/1/2023 are quarantined, never guessed.
- **Ids** stay as written, leading zeros and ids such as `NA` included. An id that a spreadsheet
  turned into 3.72501E+17 has lost digits and is quarantined.
- **Blank**: nothing, `-`, `—`, `/`, 无.
- **Merged cells** down a column: a word holds for every row, a figure for none (quarantined).
- **Recording time** ({recorded}): when the row became known, in the bank's time. Without it, the
  time of the import stands. No date of a row, and no month or season's start, may lie after it.

## Again, corrected, contradicting 重复、更正与冲突

A row is known by its key. The same key with the same content is a **duplicate** when its
recording time is the same, or when the file states none and the content is what is in force: it
is counted and not stored, so importing a file again changes nothing. Other content with another
recording time is a **correction**: both versions are kept and the later one supersedes. Other
content with the same recording time is a **conflict**: the first in the order of the import (by
file name, then by row) stays, the other is quarantined. An id number belongs to one member: the
one who has it first. Rows of a member or loan that is neither in the archive nor in the same
import are quarantined until it is.

## Quarantine files 隔离文件

One for each source file that has bad rows, named after it and the first digits of its SHA-256: an
xlsx for an xlsx (cells at fault in red), otherwise a csv in UTF-8 with BOM. It holds the original
cells under the original headers, and 文件, 行号, 列, 原因代码, 原因, Reason: every reason of the
row. Mend the row there, leave the added columns or delete them, and import the file again. Id
numbers, phones and names are masked: **type them again** when the row is a member's. Columns that
no table has are not copied, and a member's row whose cells are displaced shows nothing: see its
row number in the original. Texts that start like a formula get an apostrophe, which the import
takes off again. When a file is imported again and all its rows are sound, its quarantine file
goes. A csv opened by a double click turns long ids into numbers: open it by 数据 → 从文本/CSV with
the id columns as text.

When a member is quarantined, so are the rows that refer to them (`UNKNOWN_MEMBER`): mend the
member, then import the original files again.

## Limits 限制

A csv may have {csv} MiB, an xlsx {packed} MiB packed and {unpacked} MiB unpacked; a sheet
{columns} columns and {rows:,} rows; a cell {chars:,} characters. `data/importing/limits.py` says
why.
"""

_KINDS = {
    "identifier": "编号 id", "id_number": "身份证号 id number (GB 11643)", "phone": "手机号 mobile",
    "village": "12 位代码 code of 12 digits", "text": "文本 text", "choice": "选项 choice",
    "integer": "整数 whole number", "number": "数 number", "money": "金额 money",
    "date": "日期 date", "month": "月份 month", "season": "种植季 season",
    "flag": "是/否 yes or no", "timestamp": "时间 moment",
}  # fmt: skip
_COLUMNS = ("列 header", "English", "name", "kind", "unit", "range", "required", "also", "accepted")
_RULES = {
    "not_after": "`{0}` is not after `{1}`",
    "at_most": "`{0}` is at most `{1}`",
    "id_agrees": "`{0}` agrees with `{1}` and `{2}`",
}


def archive_markdown() -> str:
    """Return the whole page."""
    head = _HEAD.format(
        header_rows=HEADER_SEARCH_ROWS,
        recorded=RECORDED_AT_COLUMN.zh,
        csv=MAX_CSV_BYTES // MIB,
        packed=MAX_WORKBOOK_BYTES // MIB,
        unpacked=MAX_UNPACKED_BYTES // MIB,
        columns=MAX_COLUMNS,
        rows=MAX_ROWS,
        chars=MAX_CELL_CHARS,
    )
    parts = [head, "# Tables 各表\n"]
    for table in archive_tables().values():
        parts += [*_section(table), ""]
    parts.append("# Reasons for quarantine 隔离原因\n")
    parts += [*_texts({**CELL_REASONS, **ROW_REASONS, **ARCHIVE_REASONS}), ""]
    parts += ["# Reasons for refusing a file or sheet 拒收原因\n", *_texts(REFUSALS)]
    return "\n".join(parts).rstrip() + "\n"


def _section(table: Table) -> Iterator[str]:
    event = f"`{table.event}`" if table.event else f"`{RECORDED_AT_COLUMN.name}`"
    keys = ", ".join(f"`{name}`" for name in table.key)
    yield f"## {table.zh} {table.en} (`{table.name}`)\n"
    yield f"Key {keys}; dated by {event}.\n"
    yield _row(*_COLUMNS)
    yield _row(*("---" for _ in _COLUMNS))
    yield from (_row(*_cells(column)) for column in table.columns.values())
    rules = [_rule(check) for check in table.checks] + [
        f"`{', '.join(columns)}` belongs to one `{table.key[0]}`" for columns in table.unique
    ]
    if rules:
        yield f"\nRules: {'; '.join(rules)}."


def _cells(column: Column) -> Iterable[str]:
    low, high = column.minimum, column.maximum
    return (
        column.zh,
        column.en,
        f"`{column.name}`",
        _KINDS[column.kind] + (f", {column.places} decimals" if column.places else ""),
        column.unit or "",
        "" if low is None or high is None else f"{low:,f} – {high:,f}",
        "may be left out" if column.absent else "optional" if column.optional else "required",
        "、".join(column.also),
        _accepted(column),
    )


def _accepted(column: Column) -> str:
    """Return the words of a choice, and what each unit is worth in the column's own."""
    words = [f"`{key}` = {'、'.join(spelled)}" for key, spelled in column.choices.items()]
    return "; ".join([*words, *(f"{unit} = {worth}" for unit, worth in column.units.items())])


def _rule(check: RowCheck) -> str:
    if check.table:
        return f"`{check.columns[0]}` is known in `{check.table}`"
    return _RULES[check.check].format(*check.columns)


def _texts(texts: Mapping[str, ReasonText]) -> Iterator[str]:
    yield _row("code", "中文", "English")
    yield _row("---", "---", "---")
    for code, text in texts.items():
        yield _row(f"`{code}`", _shown(text.zh), _shown(text.en))


def _shown(text: str) -> str:
    """Return a text with what it is filled in with as an ellipsis."""
    for name in ("column", "other", "low", "high", "unit", "words", "detail"):
        text = text.replace(f"{{{name}}}", "" if name == "unit" else "…")
    return text


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


if __name__ == "__main__":
    sys.stdout.write(archive_markdown())
