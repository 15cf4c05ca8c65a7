"""Check of a single row, written without arrays, to compare with `checks.check_frame`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from data.importing.cells.cell import Field, Flaw, Value
from data.importing.cells.parsers import parse_cell
from data.importing.cells.words import unlisted_word
from data.importing.reasons import Problem
from data.importing.remarks import is_forgiven
from model.archive.id_numbers import birth_date_of, sex_of
from model.archive.tables import OTHER, RECORDED_AT, CheckKind, Column, Table, season_start

Row = Mapping[str, Value]


def check_row(
    table: Table, cells: Mapping[str, str], moment: datetime
) -> dict[str, Value] | tuple[Problem, ...]:
    """Return the stored values of a row of `table`, or all its problems.

    Parameters
    ----------
    cells : mapping of str to str
        Column name → raw text, in the units of the contract; an absent column is blank.
    moment : datetime
        When the row arrives: its recording time if the row states none.
    """
    parsed = {n: parse_cell(cells.get(n, ""), Field(c)) for n, c in table.columns.items()}
    flaws = [Problem(f.code, (n,)) for n, f in parsed.items() if isinstance(f, Flaw)]
    values = {n: None if isinstance(v, Flaw) else v for n, v in parsed.items()}
    values |= {n: c.default for n, c in table.columns.items() if c.default and values[n] is None}
    values[RECORDED_AT] = values[RECORDED_AT] or moment
    _complete(table, values, cells)
    problems = (*flaws, *_in_the_future(table, values, moment), *_broken_rules(table, values))
    is_refused = any(not is_forgiven(table.columns[p.columns[0]], p.code) for p in problems)
    return problems if is_refused else values


def _complete(table: Table, row: dict[str, Value], cells: Mapping[str, str]) -> None:
    for name, column in table.columns.items():
        if column.other is not None:
            word = unlisted_word(cells.get(name, ""), Field(column))
            row[column.other] = (word or row[column.other]) if row[name] == OTHER else None
    number: Any = row.get("id_number")
    if number:
        row["birth_date"] = row["birth_date"] or birth_date_of(number)
        row["gender"] = row["gender"] or sex_of(number)
    _replace_before_birth(table, row)


def _replace_before_birth(table: Table, row: dict[str, Value]) -> None:
    for check in table.checks:
        if check.check in ("since_birth", "blank_before_birth"):
            birth_date, name = check.columns
            born: Any = row[birth_date]
            day: Any = row[name]
            if born and day and day < born:
                row[name] = born if check.check == "since_birth" else None


def _in_the_future(table: Table, row: Row, moment: datetime) -> Iterator[Problem]:
    recorded: Any = row[RECORDED_AT]
    for name, column in table.columns.items():
        value: Any = row[name]
        if column.kind == "timestamp":
            is_future = value > moment
        else:
            start = _first_day(column, value)
            is_future = start is not None and start > recorded.date()
        if is_future:
            yield Problem("FUTURE_DATE", (name,))


def _first_day(column: Column, value: Any) -> date | None:
    """Return the first day of `value`, None if it may be in the future."""
    if value is None or column.future or column.kind not in ("date", "month", "season"):
        return None
    day: date = season_start(value) if column.kind == "season" else value
    return day


def _broken_rules(table: Table, row: Row) -> Iterator[Problem]:
    for check in table.checks:
        values: list[Any] = [row[name] for name in check.columns]
        if check.check == "id_agrees":
            yield from _disagreements(check.columns, *values)
        elif check.check == "not_before_birth":
            for name, value in zip(check.columns[1:], values[1:], strict=True):
                if values[0] and value and value < values[0]:
                    yield Problem("BEFORE_BIRTH", (name, check.columns[0]))
        elif check.check in _GREATER and None not in values and values[0] > values[1]:
            yield Problem(_GREATER[check.check], check.columns)


def _disagreements(names: tuple[str, ...], number: Any, born: Any, sex: Any) -> Iterator[Problem]:
    """Compare an id number with birth date and sex (GB 11643)."""
    if number and born and birth_date_of(number) != born:
        yield Problem("ID_BIRTH_DATE_DIFFERS", (names[0], names[1]))
    if number and sex and sex_of(number) != sex:
        yield Problem("ID_SEX_DIFFERS", (names[0], names[2]))


_GREATER: Mapping[CheckKind, str] = {
    "not_after": "DATES_OUT_OF_ORDER",
    "at_most": "EXCEEDS_OTHER",
}
