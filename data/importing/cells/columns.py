"""Parsing of a whole column: Arrow casts canonical texts, `parse_cell` parses the others.

Most cells are canonical, so few need a Python call. Each canonical form is narrower than what the
parser of its kind accepts, and both give the same values (checked by a property test).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.importing.cells.cell import Field, Flaw
from data.importing.cells.dates import FIRST_STAMP, NULL_DAYS
from data.importing.cells.parsers import parse_cell
from data.importing.limits import MAX_IDENTIFIER_CHARS, MAX_TEXT_CHARS
from data.importing.reasons import CELL_REASONS
from data.storage.schema import arrow_type
from model.archive.tables import Column, Kind

#: Code of each flaw number in `ParsedColumn.flaws`; number 0 is a cell without a flaw.
FLAW_CODES = ("", *CELL_REASONS)
_FLAW_NUMBERS = {code: number for number, code in enumerate(FLAW_CODES)}
Flaws = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class ParsedColumn:
    """The values of a column, null where blank or flawed, and the flaw number of each cell."""

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
    values = _cast_canonical(texts, field)
    left = values.is_null()
    results = [parse_cell(text, field) for text in texts.filter(left).to_pylist()]
    parsed = pa.array([None if isinstance(r, Flaw) else r for r in results], values.type)
    flaws = np.zeros(len(texts), np.uint8)
    flaws[left.to_numpy(zero_copy_only=False)] = [
        _FLAW_NUMBERS[r.code] if isinstance(r, Flaw) else 0 for r in results
    ]
    return ParsedColumn(pc.replace_with_mask(values, left, parsed), flaws)


#: Maps distinct texts to values, shape (n,), null where a text is not canonical or out of range.
Cast = Callable[[pa.Array, Field], pa.Array]
#: Pattern and replacement, applied in order.
Rewrites = Sequence[tuple[str, str]]
_YEAR = "(?:19|20)[0-9]{2}"
_CLOCK = "[0-9]{2}:[0-9]{2}:[0-9]{2}"
_DAY_PATTERN = f"^{_YEAR}-[0-9]{{2}}-[0-9]{{2}}$"
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


def _cast_canonical(texts: pa.Array, field: Field) -> pa.Array:
    """Return the value of each text, shape (n,), null where the parser must decide."""
    cast = _CASTS.get(field.column.kind)
    stored = arrow_type(field.column)
    if cast is None:
        return pa.nulls(len(texts), stored)
    try:
        return cast(texts, field)
    except pa.ArrowInvalid:  # such as 2023-02-30: the parser names the flaw
        return pa.nulls(len(texts), stored)


def _cast_text(pattern: str) -> Cast:
    return lambda texts, _: _keep_matching(texts, pattern)


def _cast_moments(rewrites: Rewrites, pattern: str, suffix: str = "") -> Cast:
    def cast(texts: pa.Array, field: Field) -> pa.Array:
        texts = _rewrite(texts, rewrites, pattern)
        complete = pc.binary_join_element_wise(_keep_matching(texts, pattern), suffix, "")
        moments = pc.cast(complete, arrow_type(field.column))
        return pc.if_else(pc.less(moments, _sure_from(field.column)), None, moments)

    return cast


def _rewrite(texts: pa.Array, rewrites: Rewrites, pattern: str) -> pa.Array:
    """Rewrite the texts that do not match `pattern` yet."""
    left = pc.invert(pc.match_substring_regex(texts, pattern))
    rewritten = texts.filter(left)
    if not len(rewritten):
        return texts
    for written, iso in rewrites:
        rewritten = pc.replace_substring_regex(rewritten, written, iso)
    return pc.replace_with_mask(texts, left, rewritten)


def _sure_from(column: Column) -> pa.Scalar:
    """Return the day before which a date may stand for no date, so that the parser must decide."""
    last = FIRST_STAMP if column.kind == "timestamp" else max(NULL_DAYS)
    return pa.scalar(last + timedelta(days=1), pa.date32()).cast(arrow_type(column))


def _cast_integers(texts: pa.Array, field: Field) -> pa.Array:
    if field.factor != 1:
        return pa.nulls(len(texts), pa.int64())
    values = pc.cast(_keep_matching(_ungrouped(texts), "^(?:0|[1-9][0-9]{0,14})$"), pa.int64())
    return _null_out_of_range(values, field.column)


def _cast_decimals(texts: pa.Array, field: Field) -> pa.Array:
    matching = _keep_matching(_ungrouped(texts), r"^(?:0|[1-9][0-9]{0,7})(?:\.[0-9]{1,8})?$")
    exact = pc.cast(matching, _EXACT)
    if field.factor != 1:
        exact = pc.multiply(exact, pa.scalar(field.factor, _FACTOR))
    in_range = _null_out_of_range(exact, field.column)
    rounded = pc.round(in_range, field.column.places, "half_towards_infinity")
    return pc.cast(rounded, arrow_type(field.column))


def _keep_matching(texts: pa.Array, pattern: str) -> pa.Array:
    return pc.if_else(pc.match_substring_regex(texts, pattern), texts, None)


def _ungrouped(texts: pa.Array) -> pa.Array:
    grouped = pc.match_substring_regex(texts, _GROUPED)
    return pc.if_else(grouped, pc.replace_substring(texts, ",", ""), texts)


def _null_out_of_range(values: pa.Array, column: Column) -> pa.Array:
    """Return `values` with null for those outside the column's range."""
    for bound, compare in ((column.minimum, pc.greater_equal), (column.maximum, pc.less_equal)):
        if bound is not None:
            number = int(bound) if pa.types.is_integer(values.type) else bound
            limit = pa.scalar(number, values.type)
            values = pc.if_else(compare(values, limit), values, None)
    return values


_CASTS: Mapping[Kind, Cast] = {
    "identifier": _cast_text(f"^[A-Za-z0-9][A-Za-z0-9_-]{{0,{MAX_IDENTIFIER_CHARS - 1}}}$"),
    "village": _cast_text("^[0-9]{12}$"),
    "place": _cast_text("^(?:[0-9]{6}|[0-9]{9}|[0-9]{12})$"),
    "phone": _cast_text("^1[3-9][0-9]{9}$"),
    "text": _cast_text(rf"^[A-Za-z0-9\x{{4e00}}-\x{{9fff}}]{{1,{MAX_TEXT_CHARS}}}$"),
    "season": _cast_text(f"^{_YEAR}-[SAG]$"),
    "integer": _cast_integers,
    "number": _cast_decimals,
    "money": _cast_decimals,
    "date": _cast_moments(_TO_ISO, _DAY_PATTERN),
    "month": _cast_moments(_TO_ISO_MONTH, f"^{_YEAR}-[0-9]{{2}}$", "-01"),
    "timestamp": _cast_moments(_TO_ISO, f"^{_YEAR}-[0-9]{{2}}-[0-9]{{2}} {_CLOCK}$"),
}
