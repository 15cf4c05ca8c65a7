"""Values that a row states in another cell: a word kept beside its choice, birth date and sex."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.importing.cells.cell import Field, Value
from data.importing.cells.words import unlisted_word
from data.importing.remarks import (
    BLANK_BEFORE_BIRTH,
    FROM_ID_NUMBER,
    SINCE_BIRTH,
    WORD_KEPT,
    Remark,
)
from data.storage.schema import arrow_type
from model.archive.id_numbers import GENERATED_REGION, birth_date_of, sex_of
from model.archive.tables import OTHER, Table

Values = dict[str, pa.Array]


def complete_rows(
    table: Table, values: Values, cells: Mapping[str, pa.Array], fields: Mapping[str, Field]
) -> Iterator[Remark]:
    """Fill in `values`, column name → array of shape (n,), and yield what was filled in.

    Parameters
    ----------
    cells, fields
        Raw texts and fields of the columns that the file has, by column name.
    """
    count = len(next(iter(cells.values())))
    for name, column in table.columns.items():
        values.setdefault(name, pa.nulls(count, arrow_type(column)))
    for name in fields:
        if (word_column := table.columns[name].other) is not None:
            yield _keep_words(values, name, word_column, cells[name], fields[name])
    for check in table.checks:
        if check.check == "id_agrees":
            id_number, birth_date, gender = check.columns
            yield _read_from(values, id_number, birth_date, birth_date_of)
            yield _read_from(values, id_number, gender, sex_of)
    # After birth dates are read: a date before birth is the household's, not the member's.
    for check in table.checks:
        if check.check in ("since_birth", "blank_before_birth"):
            birth_date, name = check.columns
            replacement = values[birth_date] if check.check == "since_birth" else None
            yield _replace_before_birth(values, birth_date, name, replacement)


def _keep_words(
    values: Values, name: str, word_column: str, cells: pa.Array, field: Field
) -> Remark:
    """Keep the word of each cell whose choice is `OTHER`; a word column holds no other words."""
    is_other = pc.fill_null(pc.equal(values[name], OTHER), False)
    encoded = pc.if_else(is_other, cells, None).dictionary_encode()
    words = [unlisted_word(text, field) for text in encoded.dictionary.to_pylist()]
    kept = pa.array(words, pa.string()).take(encoded.indices)
    stated = pc.if_else(is_other, values[word_column], None)
    values[word_column] = pc.coalesce(kept, stated)
    return Remark(WORD_KEPT, name, np.asarray(kept.is_valid()))


def _read_from(values: Values, id_number: str, name: str, read: Callable[[str], Value]) -> Remark:
    """Read the blank cells of column `name` from the id number of the row."""
    # A generated number says nothing of a person.
    is_own = pc.invert(pc.starts_with(values[id_number], GENERATED_REGION))
    is_blank = pc.and_(values[name].is_null(), pc.fill_null(is_own, False))
    numbers = values[id_number].filter(is_blank).to_pylist()
    found = pa.array([read(number) for number in numbers], values[name].type)
    values[name] = pc.replace_with_mask(values[name], is_blank, found)
    return Remark(FROM_ID_NUMBER, name, np.asarray(is_blank))


def _replace_before_birth(
    values: Values, birth_date: str, name: str, replacement: pa.Array | None
) -> Remark:
    """Replace the dates of column `name` before birth by `replacement`, or leave them blank."""
    is_before = pc.fill_null(pc.less(values[name], values[birth_date]), False)
    values[name] = pc.if_else(is_before, replacement, values[name])
    code = BLANK_BEFORE_BIRTH if replacement is None else SINCE_BIRTH
    return Remark(code, name, np.asarray(is_before))
