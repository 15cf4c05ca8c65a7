"""One cell of one column: the definition of what is accepted, whatever the file's format."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from data.importing.cells.text import has_control, is_blank, plain
from model.archive.tables import Column

#: Day number 0 of a spreadsheet: 1900 system (with its leap-year slip) and 1904 system (old Macs).
DAY_ZERO_1900 = date(1899, 12, 30)
DAY_ZERO_1904 = date(1904, 1, 1)

Value: TypeAlias = str | int | Decimal | date | datetime | bool | None


class Flaw(NamedTuple):
    """Why a cell is not accepted: a code of `CELL_REASONS`."""

    code: str


@dataclass(frozen=True)
class Field:
    """A column as one file writes it.

    Attributes
    ----------
    factor : Decimal
        What a number is multiplied by, because the header names another unit.
    day_zero : date
        The date a spreadsheet's day number 0 stands for.
    """

    column: Column
    factor: Decimal = Decimal(1)
    day_zero: date = DAY_ZERO_1900


_FORMULA_ERROR = re.compile(
    r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA|#+)", re.IGNORECASE
)


def opening_flaw(text: str) -> Flaw | None:
    """Return what makes a cell's plain `text` unreadable for every kind of column, if anything."""
    if "\ufffd" in text:
        return Flaw("UNREADABLE_CHARACTER")
    if text.startswith("="):
        return Flaw("FORMULA_WITHOUT_VALUE")
    if _FORMULA_ERROR.fullmatch(text):
        return Flaw("FORMULA_ERROR")
    return Flaw("CONTROL_CHARACTER") if has_control(text) else None


def missing(column: Column) -> Flaw | None:
    """Return the value of a blank cell: nothing, or a flaw where the contract wants a value."""
    return None if column.optional or column.absent else Flaw("MISSING_VALUE")


def cell_text(raw: str) -> str | Flaw | None:
    """Return the plain text of a cell, None when it is blank, or what makes it unreadable."""
    text = plain(raw)
    return opening_flaw(text) or (None if is_blank(text) else text)
