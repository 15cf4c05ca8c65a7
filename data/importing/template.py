"""Blank import files: the headers of a table with a note each, and choices to pick from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from data.importing.headings.spellings import FLAG_WORDS, export_choices, export_headers
from data.importing.reasons import ReasonText
from model.archive.tables import OTHER, Column, Kind, Table

#: What the cells of each kind of column hold.
KINDS: dict[Kind, ReasonText] = {
    "identifier": ReasonText("编号", "id"),
    "id_number": ReasonText("身份证号", "id number (GB 11643)"),
    "phone": ReasonText("手机号或固定电话", "mobile or landline"),
    "village": ReasonText("12 位代码", "code of 12 digits"),
    "place": ReasonText("6、9 或 12 位代码", "code of 6, 9 or 12 digits"),
    "text": ReasonText("文本", "text"),
    "choice": ReasonText("选项", "choice"),
    "integer": ReasonText("整数", "whole number"),
    "number": ReasonText("数", "number"),
    "money": ReasonText("金额", "money"),
    "date": ReasonText("日期", "date"),
    "month": ReasonText("月份", "month"),
    "season": ReasonText("种植季", "season"),
    "flag": ReasonText("是/否", "yes or no"),
    "timestamp": ReasonText("时间", "moment"),
}
#: How to write a value whose form is not obvious.
_EXAMPLES: dict[Kind, str] = {
    "date": "2023-05-01", "month": "2023-05", "timestamp": "2023-05-01 10:20:30",
    "season": "2023-S 夏收 summer, 2023-A 秋收 autumn, 2023-G 大棚 greenhouse",
}  # fmt: skip
#: A spreadsheet turns long ids into numbers and months into dates, unless their cells are text.
_NUMBERS: dict[Kind, str] = {"integer": "0", "number": "General", "money": "#,##0.00"}
_TEXT, _DAY = "@", "yyyy-mm-dd"
#: Rows with a form and a list of choices; a file may have more.
_ROWS = 5_000


def write_template(table: Table, path: Path) -> None:
    """Write a blank workbook for rows of `table`; filled in, it is a file that an import reads.

    Each header has a note that says what its cells hold. Required headers are red.

    Parameters
    ----------
    path
        Workbook to write; an existing file is replaced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet(table.zh)
        page.freeze_panes(1, 0)
        headers = export_headers(table)
        for position, column in enumerate(table.columns.values()):
            header = book.add_format({"bold": True, "font_color": _colour(column)})
            cells = book.add_format({"num_format": _form(column)})
            _write_column(page, position, headers[column.name], column, header, cells)


def column_note(column: Column) -> str:
    """Return what the cells of `column` hold, a line in Chinese and English for each fact."""
    return "\n".join(_facts(column))


def _write_column(
    page: Worksheet, position: int, header: str, column: Column, bold: Format, cells: Format
) -> None:
    page.set_column(position, position, max(12, 2 * len(header) + 2), cells)
    page.write_string(0, position, header, bold)
    page.write_comment(0, position, column_note(column), {"x_scale": 2.2, "y_scale": 2})
    if rule := _validation(column):
        page.data_validation(1, position, _ROWS, position, rule)


def _validation(column: Column) -> dict[str, Any] | None:
    """Return the drop-down list of a column with few words; a column may accept other words."""
    if column.kind not in ("choice", "flag"):
        return None
    words = export_choices(column) if column.kind == "choice" else FLAG_WORDS
    return {
        "validate": "list",
        "source": list(words.values()),
        "error_type": "information" if column.other else "stop",
        "error_title": column.zh,
        "error_message": "请从列表中选择 choose from the list",
    }


def _colour(column: Column) -> str:
    return "#000000" if column.optional or column.absent else "#C00000"


def _form(column: Column) -> str:
    return _DAY if column.kind == "date" else _NUMBERS.get(column.kind, _TEXT)


def _facts(column: Column) -> Iterator[str]:
    kind = KINDS[column.kind]
    yield f"{column.en} ({column.name})"
    yield _need(column)
    yield f"{kind.zh} {kind.en}" + (f": {column.unit}" if column.unit else "")
    if example := _EXAMPLES.get(column.kind):
        yield example
    if column.minimum is not None and column.maximum is not None:
        yield f"{column.minimum:,f} – {column.maximum:,f}"
    if column.choices:
        words = "、".join(word for key, word in export_choices(column).items() if key != OTHER)
        yield words + ("；其他按原文填写 or any other word" if column.other else "")


def _need(column: Column) -> str:
    if column.absent:
        return "选填，整列可删 optional; the column may be deleted"
    return "选填 optional" if column.optional else "必填 required"
