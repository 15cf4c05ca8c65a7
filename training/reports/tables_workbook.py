"""Every table of a page as one workbook: a sheet a section, the numbers as numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from model.profile.dictionary import Text
from training.measures.evaluate import Interval
from training.reports.parts import Cell, Column, Points, Section, Table, tables_of
from training.reports.sections.names import STATUSES
from training.reports.workbook_sheet import Sheet, Workbook, both

_FIRST_WIDTH, _WIDTH, _COLUMNS = 44, 16, 24
_MOST_LETTERS = 31
_INTERVALS = {"interval", "rate"}


def write_tables(sections: Sequence[Section], title: str, path: Path) -> None:
    """Write every table of `sections` to `path`, replacing an existing file.

    An interval takes three columns: its value and both ends. A table of pairs is followed by the
    rows that each cell was learned from.

    Parameters
    ----------
    title : str
        Printed at the foot of every sheet: which card this is.
    """
    draft = path.with_name(f".{path.name}.draft")
    with xlsxwriter.Workbook(draft, {"strings_to_urls": False}) as target:
        book = Workbook(target, title)
        sheet, at = None, None
        for section, table in tables_of(sections):
            if section is not at:
                sheet, at = _sheet(book, section), section
            if sheet is not None:
                _write(sheet, table)
    draft.replace(path)


def _sheet(book: Workbook, section: Section) -> Sheet:
    name = f"{section.title.zh} {section.title.en}"[:_MOST_LETTERS].strip()
    return book.add_sheet(name, (_FIRST_WIDTH, *[_WIDTH] * _COLUMNS), wide=True)


def _write(sheet: Sheet, table: Table) -> None:
    sheet.text(0, both(table.title), "subtitle")
    sheet.row += 1
    if not table.plain:
        sheet.heading_row(_heads(table))
    top = sheet.row
    for row in table.rows:
        _row(sheet, table, row)
    if table.shaded:
        sheet.colour_block(top, 1, sheet.row - 1, len(table.columns) - 1)
        _rows_behind(sheet, table)
    sheet.row += 1


def _heads(table: Table) -> list[str]:
    heads: list[str] = []
    for column in table.columns:
        heads.append(both(column.title))
        if column.kind in _INTERVALS:
            heads += ["95 % 下限 low", "95 % 上限 high"]
    return heads


def _row(sheet: Sheet, table: Table, row: tuple[Cell, ...]) -> None:
    at = 0
    for column, value in zip(table.columns, row, strict=True):
        at = _cell(sheet, at, column, value)
    sheet.row += 1


def _cell(sheet: Sheet, at: int, column: Column, value: Cell) -> int:
    """Write `value` at column `at` of the current row; return the next free column."""
    wide = column.kind in _INTERVALS
    match value:
        case None:
            pass
        case Text():
            sheet.text(at, both(value))
        case str():
            sheet.text(at, both(STATUSES[value]) if column.kind == "status" else value)
        case Points():
            sheet.number(at, value.points)
        case Interval():
            ends = (value.value, value.low, value.high) if wide else (value.value,)
            for offset, each in enumerate(ends):
                _number(sheet, at + offset, column, each)
        case _:
            _number(sheet, at, column, float(value))
    return at + (3 if wide else 1)


def _number(sheet: Sheet, at: int, column: Column, value: float) -> None:
    if not math.isfinite(value):
        sheet.text(at, "–")
    elif column.kind in ("percent", "rate"):
        sheet.number(at, value, "percent")
    elif column.kind == "count":
        sheet.number(at, value)
    else:
        sheet.number(at, value, "decimal" if column.digits else "number")


def _rows_behind(sheet: Sheet, table: Table) -> None:
    sheet.row += 1
    sheet.text(0, f"{both(table.title)}: 学习所用行数 rows learned from", "subtitle")
    sheet.row += 1
    sheet.heading_row(_heads(table))
    for row in table.rows:
        for at, value in enumerate(row):
            if isinstance(value, Points):
                sheet.number(at, value.rows)
            elif isinstance(value, Text):
                sheet.text(at, both(value))
        sheet.row += 1
