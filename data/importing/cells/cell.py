"""A cell's value, its flaw, and the rules that hold for every kind of column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from data.storage.cell_text import has_control_character, is_blank, plain
from model.archive.tables import Column

#: Day number 0 of a spreadsheet: 1900 system (with its leap-year error) and 1904 system (old Macs).
DAY_ZERO_1900 = date(1899, 12, 30)
DAY_ZERO_1904 = date(1904, 1, 1)
#: Follows a day in doubt: its cell shows no time but holds a full hour of the afternoon.
DOUBT = "?"
_FORMULA_ERROR = re.compile(
    r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA|#+)", re.IGNORECASE
)
Value: TypeAlias = str | int | Decimal | date | datetime | bool | None


class Flaw(NamedTuple):
    """Why a cell is not accepted: a code of `CELL_REASONS`."""

    code: str


@dataclass(frozen=True)
class Field:
    """A column of the contract and how one file writes it.

    Attributes
    ----------
    factor : Decimal
        Multiplies every number, because the header names another unit than the contract.
    day_zero : date
        The date a spreadsheet's day number 0 stands for.
    """

    column: Column
    factor: Decimal = Decimal(1)
    day_zero: date = DAY_ZERO_1900


def cell_text(raw: str) -> str | Flaw | None:
    """Return the plain text of a cell, None if it is blank, its flaw if it is unreadable."""
    text = plain(raw)
    return _find_unreadable(text) or (None if is_blank(text) else text)


def blank_value(column: Column) -> Flaw | None:
    """Return the value of a blank cell: None, or a flaw where the contract requires a value."""
    return None if column.optional or column.absent else Flaw("MISSING_VALUE")


def _find_unreadable(text: str) -> Flaw | None:
    """Return the flaw that makes `text` unreadable for every kind of column, else None."""
    if "\ufffd" in text:
        return Flaw("UNREADABLE_CHARACTER")
    if text.startswith("="):
        return Flaw("FORMULA_WITHOUT_VALUE")
    if _FORMULA_ERROR.fullmatch(text):
        return Flaw("FORMULA_ERROR")
    return Flaw("CONTROL_CHARACTER") if has_control_character(text) else None
