"""A whole column at once: what `parse_cell` says of each cell, without a Python call per cell.

Texts already in canonical form are cast by Arrow; every other distinct text goes through
`parse_cell`. Both give the same values (held by a property test).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.importing.cells import Field, Flaw
from data.importing.limits import MAX_IDENTIFIER_CHARS, MAX_TEXT_CHARS
from data.importing.parsing import parse_cell
from data.importing.reasons import CELL_REASONS
from data.schema import arrow_type
from model.tables import Column, Kind

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
    canonical, values = _cast_canonical(texts, field)
    flaws = np.zeros(len(texts), np.uint8)
    odd = np.flatnonzero(~canonical)
    found = [parse_cell(text, field) for text in texts.take(pa.array(odd)).to_pylist()]
    flaws[odd] = [_NUMBER_OF[f.code] if isinstance(f, Flaw) else 0 for f in found]
    parsed = pa.array([None if isinstance(f, Flaw) else f for f in found], values.type)
    return ParsedColumn(pc.replace_with_mask(values, pa.array(~canonical), parsed), flaws)


def _cast_canonical(texts: pa.Array, field: Field) -> tuple[npt.NDArray[np.bool_], pa.Array]:
    """Return which texts are canonical and in range, and their values (null elsewhere)."""
    stored = arrow_type(field.column)
    form = _FORMS.get(field.column.kind)
    nothing = np.zeros(len(texts), bool), pa.nulls(len(texts), stored)
    if form is None or field.factor != 1:
        return nothing
    matches = pc.match_substring_regex(texts, form.pattern(field.column))
    try:
        values = form.cast(pc.if_else(matches, texts, None), stored)
    except pa.ArrowInvalid:  # such as 2023-02-30: the parser will say which it is
        return nothing
    sound = pc.fill_null(_within(values, field.column), False)
    return sound.to_numpy(zero_copy_only=False), pc.if_else(sound, values, None)


@dataclass(frozen=True)
class _Form:
    """The canonical texts of a kind, fewer than its parser accepts, and how to cast them."""

    pattern: Callable[[Column], str]
    cast: Callable[[pa.Array, pa.DataType], pa.Array] = pc.cast


def _decimals(column: Column) -> str:
    fraction = rf"(\.[0-9]{{1,{column.places}}})?" if column.places else ""
    return rf"^(0|[1-9][0-9]{{0,7}}){fraction}$"


def _first_of_month(months: pa.Array, stored: pa.DataType) -> pa.Array:
    return pc.cast(pc.binary_join_element_wise(months, "01", "-"), stored)


_YEAR = "(19|20)[0-9]{2}"
_FORMS: Mapping[Kind, _Form] = {
    "identifier": _Form(lambda _: f"^[A-Za-z0-9][A-Za-z0-9_-]{{0,{MAX_IDENTIFIER_CHARS - 1}}}$"),
    "village": _Form(lambda _: "^[0-9]{12}$"),
    "phone": _Form(lambda _: "^1[3-9][0-9]{9}$"),
    "text": _Form(lambda _: rf"^[A-Za-z0-9\x{{4e00}}-\x{{9fff}}]{{1,{MAX_TEXT_CHARS}}}$"),
    "integer": _Form(lambda _: "^(0|[1-9][0-9]{0,14})$"),
    "number": _Form(_decimals),
    "money": _Form(_decimals),
    "date": _Form(lambda _: f"^{_YEAR}-[0-9]{{2}}-[0-9]{{2}}$"),
    "month": _Form(lambda _: f"^{_YEAR}-[0-9]{{2}}$", _first_of_month),
    "season": _Form(lambda _: f"^{_YEAR}-[SAG]$"),
    "timestamp": _Form(
        lambda _: f"^{_YEAR}-[0-9]{{2}}-[0-9]{{2}} [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}$"
    ),
}


def _within(values: pa.Array, column: Column) -> pa.Array:
    """Return whether each value lies in the column's range; null stays null."""
    sound = pc.is_valid(values)
    for bound, holds in ((column.minimum, pc.greater_equal), (column.maximum, pc.less_equal)):
        if bound is not None:
            sound = pc.and_(sound, holds(values, _like(bound, values.type)))
    return sound


def _like(bound: Decimal, stored: pa.DataType) -> pa.Scalar:
    return pa.scalar(int(bound) if pa.types.is_integer(stored) else bound, stored)
