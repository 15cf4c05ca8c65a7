"""A whole column at once: what `parse_cell` says of each cell, without a Python call per cell.

Texts already in canonical form are cast by Arrow; every other distinct text goes through
`parse_cell`. Both give the same values (held by a property test).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.importing.canonical import cast_canonical
from data.importing.cells import Field, Flaw, Value
from data.importing.parsing import parse_cell
from data.importing.reasons import CELL_REASONS

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
