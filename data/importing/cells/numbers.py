"""Parsers of counts, measures and amounts, with the units that headers and cells name."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from data.importing.cells.cell import Field, Flaw
from data.storage.cell_text import plain
from data.storage.numerals import NUMERAL
from model.archive.tables import Column

_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?[eE][+-]?[0-9]+")
#: No declared column holds more digits; a longer text is an id in the wrong column.
_MAX_DIGITS = 18


def parse_integer(text: str, field: Field) -> int | Flaw:
    """Return a count. ``12.0`` is 12; ``12.5`` is refused, because counts are not rounded."""
    exact = _parse_exact(text, field)
    if isinstance(exact, Flaw):
        return exact
    return int(exact) if exact == exact.to_integral_value() else Flaw("NOT_A_WHOLE_NUMBER")


def parse_decimal(text: str, field: Field) -> Decimal | Flaw:
    """Return a measure in the column's unit, rounded half up to its declared places (四舍五入)."""
    exact = _parse_exact(text, field)
    if isinstance(exact, Flaw):
        return exact
    return exact.quantize(Decimal(1).scaleb(-field.column.places), ROUND_HALF_UP) + 0


def _parse_exact(text: str, field: Field) -> Decimal | Flaw:
    if _SCIENTIFIC.fullmatch(text):
        return Flaw("NUMBER_DIGITS_LOST")
    match = NUMERAL.fullmatch(text.replace("−", "-"))
    digits = match and (match["digits"] + (match["fraction"] or "").lstrip("."))
    if not match or not digits:
        return Flaw("NOT_A_NUMBER")
    if len(digits) > _MAX_DIGITS:
        return Flaw("OUT_OF_RANGE")
    factor = _factor(match["unit"], field)
    if isinstance(factor, Flaw):
        return factor
    number = match["sign"] + match["digits"].replace(",", "") + (match["fraction"] or "")
    return _check_range(Decimal(number) * factor, field.column)


def _factor(unit: str | None, field: Field) -> Decimal | Flaw:
    """Return the factor of the unit in the cell, or of the header if the cell names none."""
    if unit is None:
        return field.factor
    known = {normal_unit(name): factor for name, factor in field.column.units.items()}
    unknown = Flaw("UNKNOWN_UNIT" if known else "NOT_A_NUMBER")
    return known.get(normal_unit(unit), unknown)


def normal_unit(unit: str) -> str:
    """Return `unit` in the form used for comparison: narrow, lower case, without spaces."""
    return re.sub(r"\s", "", plain(unit)).casefold()


def _check_range(value: Decimal, column: Column) -> Decimal | Flaw:
    low, high = column.minimum, column.maximum
    if value < 0 and low is not None and low >= 0:
        return Flaw("NEGATIVE_NUMBER")
    if (low is not None and value < low) or (high is not None and value > high):
        return Flaw("OUT_OF_RANGE")
    return value
