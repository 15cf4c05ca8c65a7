"""A frame of raw texts becomes rows that fit the contract, and rows with their problems.

Rules across the columns of a row, over a whole chunk at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.importing.cells.columns import FLAW_CODES, Flaws, parse_column
from data.importing.headings.frame import Frame, UnfitRow
from data.importing.headings.heading import Heading
from data.importing.reasons import Problem, told_problem
from data.storage.schema import season_starts
from model.archive.tables import RECORDED_AT, CheckKind, Column, Table

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


_MERGED_FIGURE = FLAW_CODES.index("MERGED_FIGURE")
#: Columns that the import adds to a table while it decides: the row's number in its sheet, whether
#: the row says itself when it was recorded, and its texts as they were written.
NUMBER, DATED, RAW = "number", "dated", "raw."
#: Of a bad row: its problems, and the cells beyond the header's last column.
PROBLEMS, SURPLUS = "problems", "surplus"


@dataclass(frozen=True)
class Checked:
    """The rows of a frame, told apart; every row of data is in one of the two.

    Attributes
    ----------
    good : Arrow table
        The contract's columns (typed, without ``event_on``), `NUMBER`, `DATED`, and a ``raw.``
        column of text for each column of the file.
    bad : Arrow table
        `NUMBER`, the ``raw.`` columns, `PROBLEMS` (list of str) and `SURPLUS`.
    """

    good: pa.Table
    bad: pa.Table


def check_frame(
    frame: Frame, heading: Heading, moment: datetime, figures: Mapping[str, set[int]]
) -> Checked:
    """Parse and check every row of `frame`.

    Parameters
    ----------
    moment : datetime
        When the import takes place: rows without a recording time get it.
    figures : mapping of str to set of int
        Numbers of the rows whose figure in a column was merged with other rows' figures.
    """
    parsed = {
        name: parse_column(frame.cells[name], place.field) for name, place in heading.places.items()
    }
    values = {name: each.values for name, each in parsed.items()}
    recorded = values.get(RECORDED_AT, pa.nulls(len(frame.numbers), pa.timestamp("us")))
    values[RECORDED_AT] = pc.fill_null(recorded, pa.scalar(moment, pa.timestamp("us")))
    findings = [
        *_flawed({name: each.flaws for name, each in parsed.items()}, frame, figures),
        *check_rows(heading.table, values, moment),
    ]
    typed = {name: values[name] for name in heading.table.columns}
    return _told_apart(frame, heading, {**typed, DATED: recorded.is_valid()}, findings)


def _told_apart(
    frame: Frame, heading: Heading, typed: Mapping[str, pa.Array], findings: Sequence[Finding]
) -> Checked:
    """Part the rows without a finding from the others."""
    is_bad = np.zeros(len(frame.numbers), bool)
    for found in findings:
        is_bad |= found.rows
    raw = {RAW + name: frame.cells[name] for name in heading.places}
    written = {NUMBER: pa.array(frame.numbers), **raw}
    good = pa.table({**typed, **written}).filter(pa.array(~is_bad))
    bad = pa.table(written).filter(pa.array(is_bad))
    explained = _explained(bad, _problems(findings, is_bad), [""] * bad.num_rows)
    return Checked(good, pa.concat_tables([explained, _unfit(frame.unfit, heading)]))


def _flawed(
    flaws: Mapping[str, Flaws], frame: Frame, figures: Mapping[str, set[int]]
) -> Iterator[Finding]:
    """Yield each column's flawed cells by reason; a merged figure goes before any other."""
    for name, numbers in flaws.items():
        if name in figures:
            merged = np.isin(frame.numbers, list(figures[name]))
            numbers = np.where(merged, _MERGED_FIGURE, numbers)
        for number in np.unique(numbers[numbers > 0]):
            yield Finding(Problem(FLAW_CODES[number], (name,)), numbers == number)


def _problems(findings: Sequence[Finding], is_bad: Bools) -> list[list[str]]:
    """Return the problems of each bad row in the order of `findings`."""
    place = np.cumsum(is_bad) - 1
    told: list[list[str]] = [[] for _ in range(int(is_bad.sum()))]
    for problem, rows in findings:
        for at in place[rows]:
            told[at].append(told_problem(problem))
    return told


def _unfit(rows: Sequence[UnfitRow], heading: Heading) -> pa.Table:
    """Return rows that fit no columns as bad rows, their cells where they happen to stand."""
    cells = {
        RAW + name: pa.array([_at(row.cells, place.position) for row in rows], pa.string())
        for name, place in heading.places.items()
    }
    table = pa.table({NUMBER: pa.array([row.number for row in rows], pa.int64()), **cells})
    surplus = [" | ".join(row.cells[len(heading.cells) :]) for row in rows]
    return _explained(table, [[told_problem(Problem(row.code))] for row in rows], surplus)


def _explained(rows: pa.Table, problems: list[list[str]], surplus: list[str]) -> pa.Table:
    told = pa.array(problems, pa.list_(pa.string()))
    more = pa.array(surplus, pa.string())
    return rows.append_column(PROBLEMS, told).append_column(SURPLUS, more)


def _at(cells: Sequence[str], position: int) -> str:
    return cells[position] if position < len(cells) else ""
