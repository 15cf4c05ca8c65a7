"""Small parts of a workbook: its sheet list, relations and number formats."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from posixpath import dirname, join, normpath
from typing import NamedTuple

from data.importing.cells.cell import DAY_ZERO_1900, DAY_ZERO_1904, DOUBT
from data.importing.files.zip_package import BLOCK_BYTES, Package, Start, local_name, xml_blocks
from data.importing.limits import MAX_SHEETS, MAX_SMALL_PART_BYTES
from data.importing.refusals import RefusedFileError


@dataclass(frozen=True)
class Workbook:
    """Names and parts of the worksheets in tab order, and the parts of strings and styles.

    Attributes
    ----------
    is_uncalculated : bool
        Whether the workbook says that its formulas must be calculated when it is opened: a stored
        result may be a placeholder (ECMA-376 part 1, 18.2.2).
    """

    sheets: tuple[tuple[str, str], ...]
    shared_strings: str | None
    styles: str | None
    day_zero: date
    is_uncalculated: bool


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
    listed = _list_sheets(package, main)
    sheets = [(name, worksheets[key]) for name, key in listed.sheets if key in worksheets]
    if not sheets:
        raise RefusedFileError("FILE_UNKNOWN_FORMAT", "no worksheet")
    if len(sheets) > MAX_SHEETS:
        raise RefusedFileError("FILE_TOO_WIDE", f"{len(sheets)} sheets > {MAX_SHEETS}")
    strings, styles = _target(relations, "sharedStrings"), _target(relations, "styles")
    return Workbook(tuple(sheets), strings, styles, listed.day_zero, listed.is_uncalculated)


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
            target = normpath(join("/", folder, at.get("Target", "").replace("\\", "/")))
            kind = at.get("Type", "").rpartition("/")[2]
            relations[at.get("Id", "")] = _Relation(kind, target.lstrip("/"))

    if package.has(source):
        _walk(package, source, start)
    return relations


def _target(relations: dict[str, _Relation], kind: str) -> str | None:
    return next((relation.part for relation in relations.values() if relation.kind == kind), None)


_TRUE, _FALSE = frozenset({"1", "true", "on"}), frozenset({"0", "false", "off"})


@dataclass
class _SheetList:
    """Name and relation id of each sheet in tab order, and the settings beside the list."""

    sheets: list[tuple[str, str]] = field(default_factory=list)
    day_zero: date = DAY_ZERO_1900
    is_uncalculated: bool = False

    def start(self, element: str, at: dict[str, str]) -> None:
        """Open an element of the workbook's main part."""
        if element == "sheet":
            key = next((value for name, value in at.items() if local_name(name) == "id"), "")
            self.sheets.append((at.get("name", ""), key))
        elif element == "workbookPr" and at.get("date1904") in _TRUE:
            self.day_zero = DAY_ZERO_1904
        elif element == "calcPr":
            must_be_full = at.get("fullCalcOnLoad") in _TRUE
            self.is_uncalculated = must_be_full or at.get("calcCompleted") in _FALSE


def _list_sheets(package: Package, main: str) -> _SheetList:
    listed = _SheetList()
    _walk(package, main, listed.start)
    return listed


def _walk(package: Package, part: str, start: Start) -> None:
    """Call `start` with the local name and attributes of each element of a small part."""
    read = 0
    for _ in xml_blocks(package.blocks(part), lambda name, at: start(local_name(name), at)):
        read += BLOCK_BYTES
        if read > MAX_SMALL_PART_BYTES:
            raise RefusedFileError("FILE_BOMB", f"{part} > {MAX_SMALL_PART_BYTES:,} B")


class NumberFormat(NamedTuple):
    """How a number is shown.

    Attributes
    ----------
    zeros : int
        The width to which leading zeros fill an id.
    shows_clock : bool
        Whether a day is shown with its time.
    """

    is_day: bool = False
    is_percent: bool = False
    zeros: int = 0
    shows_clock: bool = False


PLAIN = NumberFormat()
#: Built-in formats, ECMA-376 part 1, 18.8.30; 27-36 and 50-58 are the East Asian dates.
_BUILT_IN_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_BUILT_IN_CLOCKS = frozenset([*range(18, 23), 32, 33, *range(45, 48), 55, 56])
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
        is_day, is_percent = number in _BUILT_IN_DATES, number in _BUILT_IN_PERCENT
        return NumberFormat(is_day, is_percent, shows_clock=number in _BUILT_IN_CLOCKS)
    shown = _LITERAL.sub("", code.partition(";")[0]).lower()
    zeros = len(shown) if _ZEROS.fullmatch(shown) else 0
    is_day = "general" not in shown and any(letter in shown for letter in "ymdhs")
    shows_clock = is_day and ("h" in shown or "s" in shown)
    return NumberFormat(is_day, "%" in shown, zeros, shows_clock)


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
        return _day_text(number, day_zero, shown_as.shows_clock)
    if abs(number) >= _INEXACT_FROM:
        return f"{number:.14E}"
    shown = Decimal(f"{number:.15g}")
    if shown_as.is_percent:
        return f"{(shown * 100).normalize():f}%"
    return f"{shown.normalize():f}".zfill(shown_as.zeros)


#: A day cell that hides its time is in doubt from this hour on, if the time is a full hour: it is a
#: midnight that a program wrote in another time zone, such as 16:00 in UTC for China.
_DOUBTFUL_FROM = timedelta(hours=13)
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


def _day_text(number: float, day_zero: date, shows_clock: bool) -> str:
    milliseconds = round(number * 86_400_000)
    midnight = datetime.combine(day_zero, time.min)
    moment = midnight + timedelta(milliseconds=milliseconds)
    clock = (moment - midnight) % timedelta(days=1)
    if not clock:
        return moment.date().isoformat()
    is_full_hour = (clock + _MINUTE) % _HOUR <= 2 * _MINUTE
    is_doubtful = is_full_hour and _DOUBTFUL_FROM - _MINUTE <= clock <= 23 * _HOUR + _MINUTE
    return moment.isoformat(" ") + (DOUBT if is_doubtful and not shows_clock else "")
