"""Small parts of a workbook: its sheet list, relations and number formats."""

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
    """Names and parts of the worksheets in tab order, and the parts of strings and styles."""

    sheets: tuple[tuple[str, str], ...]
    shared_strings: str | None
    styles: str | None
    day_zero: date


def read_workbook(package: Package) -> Workbook:
    """Read the sheet list and the relations of a workbook.

    Raises
    ------
    RefusedFileError
        If the package is not a workbook or has too many sheets.
    """
    main = _main_part(package)
    relations = _relations(package, main)
    worksheets = {key: each.part for key, each in relations.items() if each.kind == "worksheet"}
    listed, day_zero = _listed_sheets(package, main)
    sheets = [(name, worksheets[key]) for name, key in listed if key in worksheets]
    if not sheets:
        raise RefusedFileError("FILE_UNKNOWN_FORMAT", "no worksheet")
    if len(sheets) > MAX_SHEETS:
        raise RefusedFileError("FILE_TOO_WIDE", f"{len(sheets)} sheets > {MAX_SHEETS}")
    strings, styles = _target(relations, "sharedStrings"), _target(relations, "styles")
    return Workbook(tuple(sheets), strings, styles, day_zero)


def _main_part(package: Package) -> str:
    if not package.has("_rels/.rels"):
        raise RefusedFileError("FILE_UNKNOWN_FORMAT", "zip")
    main = _target(_relations(package, ""), "officeDocument")
    if main is None or not package.has(main) or main.endswith(".bin"):
        raise RefusedFileError("FILE_UNKNOWN_FORMAT", "xlsb" if main else "zip")
    return main


class _Relation(NamedTuple):
    """The kind of a related part, and its path in the package."""

    kind: str
    part: str


def _relations(package: Package, part: str) -> dict[str, _Relation]:
    """Return the relations of `part` by their ids."""
    folder, name = dirname(part), part.rpartition("/")[2]
    source = join(folder, "_rels", f"{name}.rels")
    relations: dict[str, _Relation] = {}

    def start(element: str, at: dict[str, str]) -> None:
        if element == "Relationship" and at.get("TargetMode") != "External":
            target = normpath(join("/", folder, at.get("Target", "")))
            kind = at.get("Type", "").rpartition("/")[2]
            relations[at.get("Id", "")] = _Relation(kind, target.lstrip("/"))

    if package.has(source):
        _walk(package, source, start)
    return relations


def _target(relations: dict[str, _Relation], kind: str) -> str | None:
    return next((relation.part for relation in relations.values() if relation.kind == kind), None)


def _listed_sheets(package: Package, main: str) -> tuple[list[tuple[str, str]], date]:
    """Return the name and relation id of each sheet in tab order, and day number 0."""
    sheets: list[tuple[str, str]] = []
    day_zero = [DAY_ZERO_1900]

    def start(element: str, at: dict[str, str]) -> None:
        if element == "sheet":
            key = next((value for name, value in at.items() if local_name(name) == "id"), "")
            sheets.append((at.get("name", ""), key))
        elif element == "workbookPr" and at.get("date1904") in {"1", "true", "on"}:
            day_zero[0] = DAY_ZERO_1904

    _walk(package, main, start)
    return sheets, day_zero[0]


def _walk(package: Package, part: str, start: Start) -> None:
    """Call `start` with the local name and attributes of each element of a small part."""
    read = 0
    for _ in xml_blocks(package.blocks(part), lambda name, at: start(local_name(name), at)):
        read += BLOCK_BYTES
        if read > MAX_SMALL_PART_BYTES:
            raise RefusedFileError("FILE_BOMB", f"{part} > {MAX_SMALL_PART_BYTES:,} B")


class NumberFormat(NamedTuple):
    """How a number is shown; `zeros` is the width to which leading zeros fill an id."""

    is_day: bool = False
    is_percent: bool = False
    zeros: int = 0


PLAIN = NumberFormat()
#: Built-in formats, ECMA-376 part 1, 18.8.30; 27-36 and 50-58 are the East Asian dates.
_BUILT_IN_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_BUILT_IN_PERCENT = frozenset([9, 10])
#: Literal texts, colours, conditions and locales of a format code.
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_ZEROS = re.compile("0{2,}")
#: Day numbers below 61 count a leap day that 1900 did not have; branches send no such dates.
_FIRST_DAY, _LAST_DAY = 61, 2_958_465
#: From this number on a spreadsheet no longer stores every integer exactly.
_INEXACT_FROM = 1e15


def read_number_formats(package: Package, styles: str | None) -> Sequence[NumberFormat]:
    """Return the number format of each cell style, in the order in which cells refer to them."""
    codes: dict[int, str] = {}
    formats: list[NumberFormat] = []
    is_in_cell_styles = [False]

    def start(element: str, at: dict[str, str]) -> None:
        if element == "numFmt":
            codes[_to_int(at.get("numFmtId"))] = at.get("formatCode", "")
        elif element in {"cellXfs", "cellStyles", "dxfs"}:
            is_in_cell_styles[0] = element == "cellXfs"
        elif element == "xf" and is_in_cell_styles[0]:
            number = _to_int(at.get("numFmtId"))
            formats.append(_number_format(number, codes.get(number)))

    if styles:
        _walk(package, styles, start)
    return formats


def _to_int(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def _number_format(number: int, code: str | None) -> NumberFormat:
    if code is None:
        return NumberFormat(number in _BUILT_IN_DATES, number in _BUILT_IN_PERCENT)
    shown = _LITERAL.sub("", code.partition(";")[0]).lower()
    zeros = len(shown) if _ZEROS.fullmatch(shown) else 0
    is_day = "general" not in shown and any(letter in shown for letter in "ymdhs")
    return NumberFormat(is_day, "%" in shown, zeros)


def number_text(value: str, shown_as: NumberFormat, day_zero: date) -> str:
    """Return a numeric cell as the text a person sees, with every digit that the file stores.

    A number too large for all its digits is returned as ``3.72501199001011E+17``, so that the
    parsers do not accept it as an id.
    """
    if shown_as == PLAIN and len(value) <= 15 and value.isdecimal():
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    if shown_as.is_day and _FIRST_DAY <= number <= _LAST_DAY:
        return _day_text(number, day_zero)
    if abs(number) >= _INEXACT_FROM:
        return f"{number:.14E}"
    shown = Decimal(f"{number:.15g}")
    if shown_as.is_percent:
        return f"{(shown * 100).normalize():f}%"
    return f"{shown.normalize():f}".zfill(shown_as.zeros)


def _day_text(number: float, day_zero: date) -> str:
    milliseconds = round(number * 86_400_000)
    moment = datetime.combine(day_zero, time.min) + timedelta(milliseconds=milliseconds)
    return moment.date().isoformat() if moment.time() == time.min else moment.isoformat(" ")
