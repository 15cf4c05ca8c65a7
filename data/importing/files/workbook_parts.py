"""What a workbook says about itself: its sheets, where they are stored, and its day number 0.

How a workbook shows its numbers: as days, percentages, ids with leading zeros, or plainly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from posixpath import dirname, join, normpath
from typing import NamedTuple

from data.importing.cells.cell import DAY_ZERO_1900, DAY_ZERO_1904
from data.importing.files.zip_package import BLOCK_BYTES, Package, Start, local_name, xml_blocks
from data.importing.limits import MAX_SHEETS, MAX_SMALL_PART_BYTES
from data.importing.refusals import RefusedFileError


@dataclass(frozen=True)
class Workbook:
    """The parts of a workbook: worksheets by name in tab order, texts, styles."""

    sheets: tuple[tuple[str, str], ...]
    shared_texts: str | None
    styles: str | None
    day_zero: date


def read_workbook(package: Package) -> Workbook:
    """Read the relations and the sheet list of a workbook.

    Raises
    ------
    RefusedFileError
        If the package is no workbook, or has too many sheets.
    """
    main = _main_part(package)
    targets = _relations(package, main)
    sheets, day_zero = _sheets(package, main)
    found = [(name, targets[key][1]) for name, key in sheets if _is(targets, key, "worksheet")]
    if not found:
        raise RefusedFileError("FILE_UNKNOWN_FORMAT", "no worksheet")
    if len(found) > MAX_SHEETS:
        raise RefusedFileError("FILE_TOO_WIDE", f"{len(found)} sheets > {MAX_SHEETS}")
    return Workbook(
        tuple(found), _only(targets, "sharedStrings"), _only(targets, "styles"), day_zero
    )


def walk(package: Package, part: str, start: Start) -> None:
    """Call `start` with each element's local name and attributes; for parts that are small."""
    read = 0
    for _ in xml_blocks(package.blocks(part), lambda name, at: start(local_name(name), at)):
        read += BLOCK_BYTES
        if read > MAX_SMALL_PART_BYTES:
            raise RefusedFileError("FILE_BOMB", f"{part} > {MAX_SMALL_PART_BYTES:,} B")


def _main_part(package: Package) -> str:
    if not package.has("_rels/.rels"):
        raise RefusedFileError("FILE_UNKNOWN_FORMAT", "zip")
    main = _only(_relations(package, ""), "officeDocument")
    if main is None or not package.has(main) or main.endswith(".bin"):
        raise RefusedFileError("FILE_UNKNOWN_FORMAT", "xlsb" if main else "zip")
    return main


def _relations(package: Package, part: str) -> dict[str, tuple[str, str]]:
    """Return the kind and target part of each relation of `part`, by its id."""
    folder, name = dirname(part), part.rpartition("/")[2]
    source = join(folder, "_rels", f"{name}.rels")
    found: dict[str, tuple[str, str]] = {}

    def start(element: str, at: dict[str, str]) -> None:
        if element == "Relationship" and at.get("TargetMode") != "External":
            target = normpath(join("/", folder, at.get("Target", "")))
            found[at.get("Id", "")] = at.get("Type", "").rpartition("/")[2], target.lstrip("/")

    if package.has(source):
        walk(package, source, start)
    return found


def _sheets(package: Package, main: str) -> tuple[list[tuple[str, str]], date]:
    """Return each sheet's name and relation id in tab order, and day number 0."""
    sheets: list[tuple[str, str]] = []
    day_zero = [DAY_ZERO_1900]

    def start(element: str, at: dict[str, str]) -> None:
        if element == "sheet":
            key = next((value for name, value in at.items() if local_name(name) == "id"), "")
            sheets.append((at.get("name", ""), key))
        elif element == "workbookPr" and at.get("date1904") in {"1", "true", "on"}:
            day_zero[0] = DAY_ZERO_1904

    walk(package, main, start)
    return sheets, day_zero[0]


def _is(targets: dict[str, tuple[str, str]], key: str, kind: str) -> bool:
    return key in targets and targets[key][0] == kind


def _only(targets: dict[str, tuple[str, str]], kind: str) -> str | None:
    return next((target for found, target in targets.values() if found == kind), None)


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


class NumberFormat(NamedTuple):
    """How a number is shown; `zeros` is the width of an id that is filled up with zeros."""

    is_day: bool = False
    is_percent: bool = False
    zeros: int = 0


PLAIN = NumberFormat()


def read_number_formats(package: Package, styles: str | None) -> Sequence[NumberFormat]:
    """Return the look of each cell style, in the order cells refer to them."""
    codes: dict[int, str] = {}
    looks: list[NumberFormat] = []
    inside = [False]

    def start(element: str, at: dict[str, str]) -> None:
        if element == "numFmt":
            codes[_whole(at.get("numFmtId"))] = at.get("formatCode", "")
        elif element in {"cellXfs", "cellStyles", "dxfs"}:
            inside[0] = element == "cellXfs"
        elif element == "xf" and inside[0]:
            number = _whole(at.get("numFmtId"))
            looks.append(_number_format(number, codes.get(number)))

    if styles:
        walk(package, styles, start)
    return looks


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def _number_format(number: int, code: str | None) -> NumberFormat:
    if code is None:
        return NumberFormat(number in _BUILT_IN_DATES, number in _BUILT_IN_PERCENT)
    shown = _LITERAL.sub("", code.partition(";")[0]).lower()
    zeros = len(shown) if _ZEROS.fullmatch(shown) else 0
    is_day = "general" not in shown and any(letter in shown for letter in "ymdhs")
    return NumberFormat(is_day, "%" in shown, zeros)


def number_text(value: str, look: NumberFormat, day_zero: date) -> str:
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
