"""Checks of a frame of raw texts: rows that fit the contract, and bad rows with their problems."""

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
from data.importing.reasons import Problem, write_problem
from data.importing.remarks import Remark, RemarkCounts, count_remarks, is_forgiven
from data.importing.rows.completion import complete_rows
from data.storage.schema import arrow_type, season_starts
from model.archive.id_numbers import GENERATED_REGION
from model.archive.tables import RECORDED_AT, CheckKind, Column, Table

#: Columns that the import adds to a table: the row's number in its sheet, whether the row states
#: its recording time, and the raw texts.
NUMBER, DATED, RAW = "row.number", "dated", "raw."
#: Columns of bad rows: the problems, and the cells beyond the header's last column.
PROBLEMS, SURPLUS = "problems", "surplus"
_MERGED_FIGURE = FLAW_CODES.index("MERGED_FIGURE")
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class CheckedRows:
    """The rows of a frame, separated; every row of data is in one of the two tables.

    Attributes
    ----------
    good : Arrow table
        The contract's columns (typed, without ``event_on``), `NUMBER`, `DATED`, and a ``raw.``
        column of text for each column of the file.
    bad : Arrow table
        `NUMBER`, the ``raw.`` columns, `PROBLEMS` (list of str) and `SURPLUS`.
    remarks : mapping of str to mapping of str to int
        Remarks on the good rows: column → code → number of cells.
    """

    good: pa.Table
    bad: pa.Table
    remarks: RemarkCounts


class Finding(NamedTuple):
    """A problem and the rows that have it, shape (n,); a forgiven one refuses no row alone."""

    problem: Problem
    rows: Bools
    is_forgiven: bool = False


def check_frame(
    frame: Frame, heading: Heading, moment: datetime, figures: Mapping[str, set[int]]
) -> CheckedRows:
    """Parse and check every row of `frame`.

    Parameters
    ----------
    moment : datetime
        When the import takes place: the recording time of rows that state none.
    figures : mapping of str to set of int
        Column name → numbers of the rows whose figure is merged with those of other rows.
    """
    parsed = {
        name: parse_column(frame.cells[name], matched.field)
        for name, matched in heading.matched.items()
    }
    values = {name: each.values for name, each in parsed.items()}
    values |= dict(_defaults(heading.table, values, len(frame.numbers)))
    recorded = values.get(RECORDED_AT, pa.nulls(len(frame.numbers), pa.timestamp("us")))
    values[RECORDED_AT] = pc.fill_null(recorded, pa.scalar(moment, pa.timestamp("us")))
    fields = {name: matched.field for name, matched in heading.matched.items()}
    remarks = list(complete_rows(heading.table, values, frame.cells, fields))
    flaws = {name: each.flaws for name, each in parsed.items()}
    findings = [
        *_find_flaws(heading.table, flaws, frame, figures),
        *_check_rules(heading.table, values, moment),
    ]
    typed = {name: values[name] for name in heading.table.columns}
    return _separate(frame, heading, {**typed, DATED: recorded.is_valid()}, findings, remarks)


def _defaults(
    table: Table, values: Mapping[str, pa.Array], rows: int
) -> Iterator[tuple[str, pa.Array]]:
    """Yield the columns that the file lacks, and those with a default for their blank cells."""
    for name, column in table.columns.items():
        default = pa.scalar(column.default, arrow_type(column))
        if name not in values:
            yield name, pa.repeat(default, rows)
        elif column.default is not None:
            yield name, pc.fill_null(values[name], default)


def _separate(
    frame: Frame,
    heading: Heading,
    typed: Mapping[str, pa.Array],
    findings: Sequence[Finding],
    remarks: Sequence[Remark],
) -> CheckedRows:
    """Separate the rows without a problem, or with forgiven ones only, from the others."""
    is_bad = np.zeros(len(frame.numbers), bool)
    for finding in findings:
        if not finding.is_forgiven:
            is_bad |= finding.rows
    forgiven = [Remark(f.problem.code, f.problem.columns[0], f.rows) for f in findings
                if f.is_forgiven]  # fmt: skip
    raw = {RAW + name: frame.cells[name] for name in heading.matched}
    source = {NUMBER: pa.array(frame.numbers), **raw}
    good = pa.table({**typed, **source}).filter(pa.array(~is_bad))
    bad = pa.table(source).filter(pa.array(is_bad))
    bad = with_problems(bad, _problems(findings, is_bad), [""] * bad.num_rows)
    bad = pa.concat_tables([bad, _unfit_rows(frame.unfit, heading)])
    return CheckedRows(good, bad, count_remarks([*forgiven, *remarks], ~is_bad))


def _find_flaws(
    table: Table, flaws: Mapping[str, Flaws], frame: Frame, figures: Mapping[str, set[int]]
) -> Iterator[Finding]:
    """Yield the flawed cells of each column by reason; a merged figure precedes other flaws."""
    for name, numbers in flaws.items():
        if name in figures:
            merged = np.isin(frame.numbers, list(figures[name]))
            numbers = np.where(merged, _MERGED_FIGURE, numbers)
        for number in np.unique(numbers[numbers > 0]):
            forgiven = is_forgiven(table.columns[name], FLAW_CODES[number])
            yield Finding(Problem(FLAW_CODES[number], (name,)), numbers == number, forgiven)


def _problems(findings: Sequence[Finding], is_bad: Bools) -> list[list[str]]:
    """Return the problems of each bad row in the order of `findings`."""
    index = np.cumsum(is_bad) - 1
    problems: list[list[str]] = [[] for _ in range(int(is_bad.sum()))]
    for finding in findings:
        for bad_row in index[finding.rows & is_bad]:
            problems[bad_row].append(write_problem(finding.problem))
    return problems


def _unfit_rows(rows: Sequence[UnfitRow], heading: Heading) -> pa.Table:
    """Return rows that do not fit the header as bad rows, with their cells in file order."""
    cells = {
        RAW + name: pa.array([_cell(row.cells, matched.position) for row in rows], pa.string())
        for name, matched in heading.matched.items()
    }
    table = pa.table({NUMBER: pa.array([row.number for row in rows], pa.int64()), **cells})
    surplus = [" | ".join(row.cells[len(heading.cells) :]) for row in rows]
    return with_problems(table, [[write_problem(Problem(row.code))] for row in rows], surplus)


def _cell(cells: Sequence[str], position: int) -> str:
    return cells[position] if position < len(cells) else ""


def with_problems(rows: pa.Table, problems: list[list[str]], surplus: list[str]) -> pa.Table:
    """Return `rows` with the columns `PROBLEMS` and `SURPLUS`."""
    listed = pa.array(problems, pa.list_(pa.string()))
    return rows.append_column(PROBLEMS, listed).append_column(
        SURPLUS, pa.array(surplus, pa.string())
    )


def _check_rules(
    table: Table, columns: Mapping[str, pa.Array], moment: datetime
) -> Iterator[Finding]:
    """Yield the findings of each rule on the parsed `columns`; a null breaks no rule.

    Parameters
    ----------
    moment : datetime
        When the import takes place; a row with a later recording time is refused.
    """
    for column in table.columns.values():
        if (rows := _rows_in_future(column, columns, moment)) is not None:
            yield Finding(Problem("FUTURE_DATE", (column.name,)), rows)
    for check in table.checks:
        if check.check in _RULES:
            yield from _RULES[check.check](columns, check.columns)


def _rows_in_future(
    column: Column, columns: Mapping[str, pa.Array], moment: datetime
) -> Bools | None:
    """Return which dates, or starts of months and seasons, are later than the recording time."""
    values = columns[column.name]
    if column.kind == "timestamp":
        return _to_mask(pc.greater(values, pa.scalar(moment, pa.timestamp("us"))))
    if column.future or column.kind not in ("date", "month", "season"):
        return None
    starts = season_starts(values) if column.kind == "season" else values
    recorded = pc.cast(columns[RECORDED_AT], pa.date32(), safe=False)
    return _to_mask(pc.greater(starts, recorded))


def _check_order(columns: Mapping[str, pa.Array], names: tuple[str, ...]) -> Iterator[Finding]:
    yield Finding(Problem("DATES_OUT_OF_ORDER", names), _first_is_greater(columns, names))


def _check_birth(columns: Mapping[str, pa.Array], names: tuple[str, ...]) -> Iterator[Finding]:
    birth_date, *dates = names
    for name in dates:
        rows = _first_is_greater(columns, (birth_date, name))
        yield Finding(Problem("BEFORE_BIRTH", (name, birth_date)), rows)


def _check_limit(columns: Mapping[str, pa.Array], names: tuple[str, ...]) -> Iterator[Finding]:
    yield Finding(Problem("EXCEEDS_OTHER", names), _first_is_greater(columns, names))


def _check_id_number(columns: Mapping[str, pa.Array], names: tuple[str, ...]) -> Iterator[Finding]:
    """Compare an id number with birth date (digits 7 to 14) and sex (digit 17, odd for men)."""
    id_number, birth_date, gender = names
    generated = pc.starts_with(columns[id_number], GENERATED_REGION)
    numbers = pc.if_else(generated, None, columns[id_number])
    born = pc.strftime(columns[birth_date], "%Y%m%d")
    differs = pc.not_equal(pc.utf8_slice_codeunits(numbers, 6, 14), born)
    yield Finding(Problem("ID_BIRTH_DATE_DIFFERS", (id_number, birth_date)), _to_mask(differs))
    is_odd = pc.match_substring_regex(pc.utf8_slice_codeunits(numbers, 16, 17), "[13579]")
    differs = pc.not_equal(pc.if_else(is_odd, "male", "female"), columns[gender])
    yield Finding(Problem("ID_SEX_DIFFERS", (id_number, gender)), _to_mask(differs))


def _first_is_greater(columns: Mapping[str, pa.Array], names: tuple[str, ...]) -> Bools:
    first, second = names
    return _to_mask(pc.greater(columns[first], columns[second]))


def _to_mask(answers: pa.Array) -> Bools:
    """Return `answers` as a mask in which null is false."""
    return np.asarray(pc.fill_null(answers, False).to_numpy(zero_copy_only=False))


#: `known` needs the archive and is checked when rows are settled.
_RULES: Mapping[
    CheckKind, Callable[[Mapping[str, pa.Array], tuple[str, ...]], Iterator[Finding]]
] = {
    "not_after": _check_order,
    "not_before_birth": _check_birth,
    "at_most": _check_limit,
    "id_agrees": _check_id_number,
}
