"""A whole column at once: what `parse_cell` says of each cell, without a Python call per cell.

Texts already in canonical form are cast by Arrow; every other distinct text goes through
`parse_cell`. Both give the same values (held by a property test).

Texts in the forms that most cells have, cast by Arrow without a Python call for each.

Each form is narrower than what the kind's parser accepts; a text that fits none is left to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.importing.cells.cell import Field, Flaw, Value
from data.importing.cells.parsers import parse_cell
from data.importing.limits import MAX_IDENTIFIER_CHARS, MAX_TEXT_CHARS
from data.importing.reasons import CELL_REASONS
from data.storage.schema import arrow_type
from model.archive.tables import Column, Kind

#: Distinct texts → their values, shape (n,), null where a text is not canonical or out of range.
Cast = Callable[[pa.Array, Field], pa.Array]
#: Pattern and replacement, applied in order.
Rewrites = Sequence[tuple[str, str]]

_YEAR = "(?:19|20)[0-9]{2}"
_CLOCK = "[0-9]{2}:[0-9]{2}:[0-9]{2}"
#: 2023/5/1, 2023年5月1日, 20230501 and 20230501102030 become 2023-05-01 and 2023-05-01 10:20:30.
_TO_ISO: Rewrites = (
    (rf"^({_YEAR})([0-9]{{2}})([0-9]{{2}})$", r"\1-\2-\3"),
    (rf"^({_YEAR})([0-9]{{2}})([0-9]{{2}})([0-9]{{2}})([0-9]{{2}})([0-9]{{2}})$",
     r"\1-\2-\3 \4:\5:\6"),
    (rf"^({_YEAR})[/年]([0-9]{{1,2}})[/月]([0-9]{{1,2}})日?( {_CLOCK})?$", r"\1-0\2-0\3\4"),
    (r"^([0-9]{4})-0([0-9]{2})-", r"\1-\2-"),
    (r"^([0-9]{4}-[0-9]{2})-0([0-9]{2})", r"\1-\2"),
)  # fmt: skip
_TO_ISO_MONTH: Rewrites = (
    (rf"^({_YEAR})([0-9]{{2}})$", r"\1-\2"),
    (rf"^({_YEAR})[/年]([0-9]{{1,2}})月?$", r"\1-0\2"),
    (r"^([0-9]{4})-0([0-9]{2})$", r"\1-\2"),
)
_GROUPED = r"^[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?$"
_EXACT = pa.decimal128(18, 8)
_FACTOR = pa.decimal128(10, 4)


def cast_canonical(texts: pa.Array, field: Field) -> pa.Array:
    """Return the value of each text, shape (n,), null where the text is left to the parser."""
    cast = _CASTS.get(field.column.kind)
    stored = arrow_type(field.column)
    if cast is None:
        return pa.nulls(len(texts), stored)
    try:
        return cast(texts, field)
    except pa.ArrowInvalid:  # such as 2023-02-30: the parser will say which it is
        return pa.nulls(len(texts), stored)


def _where(texts: pa.Array, pattern: str) -> pa.Array:
    return pc.if_else(pc.match_substring_regex(texts, pattern), texts, None)


def _texts(pattern: str) -> Cast:
    return lambda texts, _: _where(texts, pattern)


def _moments(rewrites: Rewrites, pattern: str, rest: str = "") -> Cast:
    def cast(texts: pa.Array, field: Field) -> pa.Array:
        for written, iso in rewrites:
            texts = pc.replace_substring_regex(texts, written, iso)
        whole = pc.binary_join_element_wise(_where(texts, pattern), rest, "")
        return pc.cast(whole, arrow_type(field.column))

    return cast


def _whole(texts: pa.Array, field: Field) -> pa.Array:
    if field.factor != 1:
        return pa.nulls(len(texts), pa.int64())
    values = pc.cast(_where(_ungrouped(texts), "^(?:0|[1-9][0-9]{0,14})$"), pa.int64())
    return _within(values, field.column)


def _decimals(texts: pa.Array, field: Field) -> pa.Array:
    fits = _where(_ungrouped(texts), r"^(?:0|[1-9][0-9]{0,7})(?:\.[0-9]{1,8})?$")
    exact = pc.cast(fits, _EXACT)
    if field.factor != 1:
        exact = pc.multiply(exact, pa.scalar(field.factor, _FACTOR))
    sound = _within(exact, field.column)
    rounded = pc.round(sound, field.column.places, "half_towards_infinity")
    return pc.cast(rounded, arrow_type(field.column))


def _ungrouped(texts: pa.Array) -> pa.Array:
    grouped = pc.match_substring_regex(texts, _GROUPED)
    return pc.if_else(grouped, pc.replace_substring(texts, ",", ""), texts)


def _within(values: pa.Array, column: Column) -> pa.Array:
    """Return `values` with null for those outside the column's range."""
    for bound, holds in ((column.minimum, pc.greater_equal), (column.maximum, pc.less_equal)):
        if bound is not None:
            values = pc.if_else(holds(values, _like(bound, values.type)), values, None)
    return values


def _like(bound: Decimal, stored: pa.DataType) -> pa.Scalar:
    return pa.scalar(int(bound) if pa.types.is_integer(stored) else bound, stored)


_DAY = f"^{_YEAR}-[0-9]{{2}}-[0-9]{{2}}$"
_CASTS: Mapping[Kind, Cast] = {
    "identifier": _texts(f"^[A-Za-z0-9][A-Za-z0-9_-]{{0,{MAX_IDENTIFIER_CHARS - 1}}}$"),
    "village": _texts("^[0-9]{12}$"),
    "phone": _texts("^1[3-9][0-9]{9}$"),
    "text": _texts(rf"^[A-Za-z0-9\x{{4e00}}-\x{{9fff}}]{{1,{MAX_TEXT_CHARS}}}$"),
    "season": _texts(f"^{_YEAR}-[SAG]$"),
    "integer": _whole,
    "number": _decimals,
    "money": _decimals,
    "date": _moments(_TO_ISO, _DAY),
    "month": _moments(_TO_ISO_MONTH, f"^{_YEAR}-[0-9]{{2}}$", "-01"),
    "timestamp": _moments(_TO_ISO, f"^{_YEAR}-[0-9]{{2}}-[0-9]{{2}} {_CLOCK}$"),
}


#: Position of a flaw's code in `ParsedColumn.flaws`, from 1; 0 is a sound cell.
FLAW_CODES = ("", *CELL_REASONS)
_NUMBER_OF = {code: number for number, code in enumerate(FLAW_CODES)}

Flaws = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class ParsedColumn:
    """The stored values of a column (null where blank or flawed) and each cell's flaw."""

    values: pa.Array
    flaws: Flaws


def parse_column(cells: pa.Array, field: Field) -> ParsedColumn:
    """Parse a column of raw texts, shape (n,), into values of the contract's type, shape (n,)."""
    encoded = cells.dictionary_encode()
    distinct = _parse_distinct(encoded.dictionary, field)
    return ParsedColumn(
        distinct.values.take(encoded.indices), distinct.flaws[encoded.indices.to_numpy()]
    )


def _parse_distinct(texts: pa.Array, field: Field) -> ParsedColumn:
    values = cast_canonical(texts, field)
    odd = values.is_null()
    others = texts.filter(odd).to_pylist()
    found = [parse_cell(text, field) for text in others]
    parsed = pa.array([None if isinstance(f, Flaw) else f for f in found], values.type)
    flaws = np.zeros(len(texts), np.uint8)
    flaws[odd.to_numpy(zero_copy_only=False)] = [_number(f) for f in found]
    return ParsedColumn(pc.replace_with_mask(values, odd, parsed), flaws)


def _number(found: Value | Flaw) -> int:
    return _NUMBER_OF[found.code] if isinstance(found, Flaw) else 0
