"""A frame of raw texts becomes rows that fit the contract, and rows with their problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.importing.columns import FLAW_CODES, Flaws, parse_column
from data.importing.frame import Frame, UnfitRow
from data.importing.heading import Heading
from data.importing.reasons import Problem, told_problem
from data.importing.row_checks import Bools, Finding, check_rows
from model.tables import RECORDED_AT

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
