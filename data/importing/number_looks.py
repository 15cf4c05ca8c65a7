"""How a workbook shows its numbers: as days, percentages, ids with leading zeros, or plainly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from data.importing.package import Package
from data.importing.workbook_parts import walk

#: Built-in formats, ECMA-376 part 1, 18.8.30; 27-36 and 50-58 are the East Asian dates.
_BUILT_IN_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_BUILT_IN_PERCENT = frozenset([9, 10])
#: What a format code shows literally, and its colours, conditions and locales.
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_ZEROS = re.compile("0{2,}")
#: Day numbers below 61 suffer from a leap day that 1900 never had, and are no dates of ours.
_FIRST_DAY, _LAST_DAY = 61, 2_958_465
#: From here on a spreadsheet no longer holds every whole number.
_LOST_FROM = 1e15


class Look(NamedTuple):
    """How a number is shown; `zeros` is the width of an id that is filled up with zeros."""

    is_day: bool = False
    is_percent: bool = False
    zeros: int = 0


PLAIN = Look()


def read_looks(package: Package, styles: str | None) -> Sequence[Look]:
    """Return the look of each cell style, in the order cells refer to them."""
    codes: dict[int, str] = {}
    looks: list[Look] = []
    inside = [False]

    def start(element: str, at: dict[str, str]) -> None:
        if element == "numFmt":
            codes[_whole(at.get("numFmtId"))] = at.get("formatCode", "")
        elif element in {"cellXfs", "cellStyles", "dxfs"}:
            inside[0] = element == "cellXfs"
        elif element == "xf" and inside[0]:
            number = _whole(at.get("numFmtId"))
            looks.append(_look(number, codes.get(number)))

    if styles:
        walk(package, styles, start)
    return looks


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def _look(number: int, code: str | None) -> Look:
    if code is None:
        return Look(number in _BUILT_IN_DATES, number in _BUILT_IN_PERCENT)
    shown = _LITERAL.sub("", code.partition(";")[0]).lower()
    zeros = len(shown) if _ZEROS.fullmatch(shown) else 0
    is_day = "general" not in shown and any(letter in shown for letter in "ymdhs")
    return Look(is_day, "%" in shown, zeros)


def number_text(value: str, look: Look, day_zero: date) -> str:
    """Return a numeric cell as the text a person sees, with every digit the spreadsheet kept.

    A number too large to hold all its digits comes as ``3.72501199001011E+17``, so that nothing
    takes it for an id.
    """
    if look == PLAIN and len(value) <= 15 and value.isdecimal():
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    if look.is_day and _FIRST_DAY <= number <= _LAST_DAY:
        return _day_text(number, day_zero)
    if abs(number) >= _LOST_FROM:
        return f"{number:.14E}"
    shown = Decimal(f"{number:.15g}")
    if look.is_percent:
        return f"{(shown * 100).normalize():f}%"
    return f"{shown.normalize():f}".zfill(look.zeros)


def _day_text(number: float, day_zero: date) -> str:
    milliseconds = round(number * 86_400_000)
    moment = datetime.combine(day_zero, time.min) + timedelta(milliseconds=milliseconds)
    return moment.date().isoformat() if moment.time() == time.min else moment.isoformat(" ")
