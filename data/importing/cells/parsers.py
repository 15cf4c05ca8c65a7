"""The parser of each kind of column: one definition for a cell, a row and a whole file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from data.importing.cells.cell import Field, Flaw, Value, cell_text, missing
from data.importing.cells.dates import parse_date, parse_moment, parse_month, parse_season
from data.importing.cells.numbers import parse_decimal, parse_whole
from data.importing.cells.words import (
    parse_choice,
    parse_flag,
    parse_id_number,
    parse_identifier,
    parse_phone,
    parse_prose,
    parse_village,
)
from data.importing.limits import MAX_CELL_CHARS
from model.archive.tables import Kind

Parser = Callable[[str, Field], Value | Flaw]

#: Each takes the plain text of a cell that is not blank; `text` takes it as it was typed.
PARSERS: Mapping[Kind, Parser] = {
    "identifier": parse_identifier,
    "id_number": parse_id_number,
    "phone": parse_phone,
    "village": parse_village,
    "text": parse_prose,
    "choice": parse_choice,
    "integer": parse_whole,
    "number": parse_decimal,
    "money": parse_decimal,
    "date": parse_date,
    "month": parse_month,
    "season": parse_season,
    "flag": parse_flag,
    "timestamp": parse_moment,
}

#: Words for "nothing to report"; they say no in a flag and may be a name in a text.
_NOTHING = frozenset({"无", "暂无"})
_NOTHING_IS_A_VALUE: frozenset[Kind] = frozenset({"flag", "text"})


def parse_cell(raw: str, field: Field) -> Value | Flaw:
    """Return the stored value of a cell, None when an optional one is blank, or its flaw."""
    if len(raw) > MAX_CELL_CHARS:
        return Flaw("TOO_LONG")
    text, kind = cell_text(raw), field.column.kind
    if text is None or (text in _NOTHING and kind not in _NOTHING_IS_A_VALUE):
        return missing(field.column)
    if isinstance(text, Flaw):
        return text
    return PARSERS[kind](raw if kind == "text" else text, field)
