"""Rules across the columns of a row, over a whole chunk at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.importing.reasons import Problem
from data.schema import season_starts
from model.tables import RECORDED_AT, CheckKind, Column, Table

Bools = npt.NDArray[np.bool_]


class Finding(NamedTuple):
    """A problem, and which rows have it, shape (n,)."""

    problem: Problem
    rows: Bools


def check_rows(
    table: Table, columns: Mapping[str, pa.Array], moment: datetime
) -> Iterator[Finding]:
    """Yield what each rule finds among the parsed `columns`; a null breaks no rule.

    Parameters
    ----------
    moment : datetime
        When the import takes place: no row can have been recorded later.
    """
    for column in table.columns.values():
        if (found := _in_the_future(column, columns, moment)) is not None:
            yield Finding(Problem("FUTURE_DATE", (column.name,)), found)
    for check in table.checks:
        if check.check in _RULES:
            yield from _RULES[check.check](columns, check.columns)


def _in_the_future(
    column: Column, columns: Mapping[str, pa.Array], moment: datetime
) -> Bools | None:
    """Return which dates lie after the row's recording; a month or season counts by its start."""
    values = columns[column.name]
    if column.kind == "timestamp":
        return _holds(pc.greater(values, pa.scalar(moment, pa.timestamp("us"))))
    if column.future or column.kind not in ("date", "month", "season"):
        return None
    starts = season_starts(values) if column.kind == "season" else values
    recorded = pc.cast(columns[RECORDED_AT], pa.date32(), safe=False)
    return _holds(pc.greater(starts, recorded))


def _not_after(columns: Mapping[str, pa.Array], names: tuple[str, ...]) -> Iterator[Finding]:
    yield Finding(Problem("DATES_OUT_OF_ORDER", names), _first_is_greater(columns, names))


def _at_most(columns: Mapping[str, pa.Array], names: tuple[str, ...]) -> Iterator[Finding]:
    yield Finding(Problem("EXCEEDS_OTHER", names), _first_is_greater(columns, names))


def _id_agrees(columns: Mapping[str, pa.Array], names: tuple[str, ...]) -> Iterator[Finding]:
    """Compare an id number with birth date (digits 7 to 14) and sex (digit 17, odd for men)."""
    id_number, birth_date, gender = names
    numbers = columns[id_number]
    born = pc.strftime(columns[birth_date], "%Y%m%d")
    differs = pc.not_equal(pc.utf8_slice_codeunits(numbers, 6, 14), born)
    yield Finding(Problem("ID_BIRTH_DATE_DIFFERS", (id_number, birth_date)), _holds(differs))
    is_odd = pc.match_substring_regex(pc.utf8_slice_codeunits(numbers, 16, 17), "[13579]")
    differs = pc.not_equal(pc.if_else(is_odd, "male", "female"), columns[gender])
    yield Finding(Problem("ID_SEX_DIFFERS", (id_number, gender)), _holds(differs))


#: `known` is not among them: it needs the archive.
_RULES: Mapping[
    CheckKind, Callable[[Mapping[str, pa.Array], tuple[str, ...]], Iterator[Finding]]
] = {"not_after": _not_after, "at_most": _at_most, "id_agrees": _id_agrees}


def _first_is_greater(columns: Mapping[str, pa.Array], names: tuple[str, ...]) -> Bools:
    first, second = names
    return _holds(pc.greater(columns[first], columns[second]))


def _holds(answers: pa.Array) -> Bools:
    """Return `answers` with null, an unanswered question, as no."""
    return np.asarray(pc.fill_null(answers, False).to_numpy(zero_copy_only=False))
