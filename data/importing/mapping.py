"""A mapping file: which columns of a bank's own files become which columns of the archive.

``rongzi import FILES --mapping FILE.yaml`` writes each table of the mapping as an import file and
imports those, so that every row passes the ordinary checks. A mapping changes the form only: it
copies, renames words, changes units and dates, and names constants. ``test_id`` generates identity
numbers of a region code that no place has, for data without any; neither birth date nor sex is read
from them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from data.importing.table_file import read_table_file
from model.archive.id_numbers import GENERATED_REGION, check_digit
from model.archive.tables import RECORDED_AT, Table, archive_tables
from model.errors import ContractError

#: What a column may be made of; `constant` and `test_id` stand alone, the others change a `column`.
_PARTS = frozenset(
    {"column", "constant", "test_id", "words", "times", "places", "date", "add_days"}
)
_TABLE_KEYS = frozenset({"table", "file", "columns", "first_of", "only"})
#: Generated numbers count up by a day of birth, which they only need for their form.
_FIRST_DAY = date(1900, 1, 1)
_A_DAY = 999
_ISO = "%Y-%m-%d"


@dataclass(frozen=True)
class ColumnMap:
    """How one column of the archive is made.

    Attributes
    ----------
    column : str
        Column of the source; empty for a constant.
    words : mapping
        Word of the archive by word of the source, "" for a blank; a word outside it is kept as
        written.
    times : Decimal
        What a number is multiplied by, rounded half up to `places` where they are given.
    day_form : str
        Form of a date as `datetime.strptime` reads it; empty for a date as it is written.
    add_days : str
        Column of the source with days that are added to a date.
    """

    name: str
    column: str = ""
    constant: str = ""
    is_test_id: bool = False
    words: Mapping[str, str] | None = None
    times: Decimal | None = None
    places: int | None = None
    day_form: str = ""
    add_days: str = ""


@dataclass(frozen=True)
class TableMap:
    """How one table of the archive is made of one source file.

    Attributes
    ----------
    first_of : tuple of str
        Columns of the source: of rows with the same first one, the row that comes first by the
        others is kept; empty for every row.
    only : mapping
        Words that a column of the source must have for its row to be taken, by column.
    """

    table: Table
    file: str
    columns: tuple[ColumnMap, ...]
    first_of: tuple[str, ...]
    only: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Mapped:
    """The import files that were written, and the generated identity numbers by column."""

    files: Sequence[Path]
    test_ids: Mapping[str, int]


def read_mapping(path: Path) -> tuple[TableMap, ...]:
    """Return the tables of the mapping at `path`.

    Raises
    ------
    ContractError
        If it is no mapping, or names a table or column that the archive does not have.
    """
    try:
        stated = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ContractError(f"{path}: cannot be read as YAML: {error}") from error
    tables = stated.get("tables") if isinstance(stated, dict) else None
    if not isinstance(tables, list) or not tables:
        raise ContractError(f"{path}: a mapping is a list named tables")
    return tuple(_table_map(path, each) for each in tables)


def write_mapped(mapping: Sequence[TableMap], sources: Sequence[Path], folder: Path) -> Mapped:
    """Write each table of `mapping` as a csv file in `folder`, from the file that it names.

    Raises
    ------
    ContractError
        If a file of the mapping is not among `sources`, lacks a column, or holds a cell that is not
        of the stated form; the message names file, row and column, never the cell.
    """
    by_name = {path.name: path for path in sources}
    files, test_ids = [], dict[str, int]()
    for number, each in enumerate(mapping, 1):
        if each.file not in by_name:
            raise ContractError(
                f"the mapping reads {each.file}, which is not among the files named"
            )
        rows = list(_rows(each, by_name[each.file]))
        path = folder / f"{number:02d}-{each.table.name}-from-{Path(each.file).stem}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([each.table.columns[column.name].zh for column in each.columns])
            writer.writerows(rows)
        files.append(path)
        for column in each.columns:
            if column.is_test_id:
                test_ids[f"{each.table.name}.{column.name}"] = len(rows)
    return Mapped(files, test_ids)


def _table_map(path: Path, stated: Any) -> TableMap:
    if not isinstance(stated, dict) or not {"table", "file", "columns"} <= stated.keys():
        raise ContractError(f"{path}: each table states table, file and columns")
    if unknown := sorted(stated.keys() - _TABLE_KEYS):
        raise ContractError(f"{path}: unknown {', '.join(unknown)} of table {stated['table']}")
    table = archive_tables().get(stated["table"])
    if table is None:
        raise ContractError(f"{path}: the archive has no table {stated['table']}")
    columns = tuple(_column_map(path, table, *each) for each in stated["columns"].items())
    named = {RECORDED_AT, *stated["columns"]}
    # An import file has every column of its table; one that the mapping leaves out is blank.
    columns = (*columns, *(ColumnMap(name) for name in table.columns if name not in named))
    only = {name: frozenset(map(str, words)) for name, words in stated.get("only", {}).items()}
    return TableMap(table, stated["file"], columns, tuple(stated.get("first_of", ())), only)


def _column_map(path: Path, table: Table, name: str, stated: Any) -> ColumnMap:
    where = f"{path}: {table.name}.{name}"
    if name not in table.columns:
        raise ContractError(f"{where}: the archive has no such column")
    if isinstance(stated, str):
        return ColumnMap(name, column=stated)
    if not isinstance(stated, dict) or not stated or stated.keys() - _PARTS:
        raise ContractError(f"{where}: a column is made of {', '.join(sorted(_PARTS))}")
    if len({"column", "constant", "test_id"} & stated.keys()) != 1:
        raise ContractError(f"{where}: names one of column, constant and test_id")
    if "test_id" in stated and name != "id_number":
        raise ContractError(f"{where}: only id_number can be generated")
    words = stated.get("words")
    return ColumnMap(
        name,
        column=str(stated.get("column", stated.get("test_id", ""))),
        constant=str(stated.get("constant", "")),
        is_test_id="test_id" in stated,
        words={str(word): str(kept) for word, kept in words.items()} if words else None,
        times=Decimal(str(stated["times"])) if "times" in stated else None,
        places=stated.get("places"),
        day_form=str(stated.get("date", "")),
        add_days=str(stated.get("add_days", "")),
    )


def _rows(mapped: TableMap, path: Path) -> Iterator[list[str]]:
    source = read_table_file(path)
    needed = {c.column for c in mapped.columns} | {c.add_days for c in mapped.columns}
    needed = (needed | {*mapped.first_of, *mapped.only}) - {""}
    if missing := sorted(needed - set(source.column_names)):
        raise ContractError(f"{path.name} has no column {', '.join(missing)}")
    taken = [
        (number, row)
        for number, row in enumerate(source.select(sorted(needed)).to_pylist(), 2)
        if all(row[name] in words for name, words in mapped.only.items())
    ]
    taken = _first_of(taken, mapped.first_of)
    serials = {column.column: _serials(taken, column.column) for column in mapped.columns}
    for number, row in taken:
        yield [
            _cell(column, row, serials, f"{path.name}, row {number}") for column in mapped.columns
        ]


def _first_of(
    rows: list[tuple[int, dict[str, Any]]], columns: Sequence[str]
) -> list[tuple[int, dict[str, Any]]]:
    if not columns:
        return rows
    ordered = sorted(rows, key=lambda each: [each[1][name] or "" for name in columns])
    first = {row[columns[0]]: (number, row) for number, row in reversed(ordered)}
    return sorted(first.values(), key=lambda each: each[0])


def _serials(rows: list[tuple[int, dict[str, Any]]], column: str) -> Mapping[str, int]:
    """Return a number for each distinct cell of `column`, in their order."""
    if not column:
        return {}
    cells = sorted({row[column] for _, row in rows if row[column] is not None})
    return {cell: number for number, cell in enumerate(cells)}


def _cell(
    column: ColumnMap, row: Mapping[str, Any], serials: Mapping[str, Mapping[str, int]], where: str
) -> str:
    if not column.column:
        return column.constant
    cell = row[column.column]
    if cell is None:
        return (column.words or {}).get("", "")
    if column.is_test_id:
        return _test_id(serials[column.column][cell])
    try:
        return _changed(column, str(cell).strip(), row)
    except (ValueError, InvalidOperation) as error:
        raise ContractError(
            f"{where}: {column.column} is not of the form that the mapping states"
        ) from error


def _changed(column: ColumnMap, cell: str, row: Mapping[str, Any]) -> str:
    if column.words is not None:
        return column.words.get(cell, cell)
    if column.times is not None:
        number = Decimal(cell) * column.times
        places = column.places
        return str(number if places is None else round(number, places))
    if column.day_form or column.add_days:
        day = datetime.strptime(cell, column.day_form or _ISO)  # noqa: DTZ007 - a day has no zone
        day += timedelta(days=int(row[column.add_days] or 0) if column.add_days else 0)
        # Only the time of recording counts to the second.
        return day.isoformat(" ") if column.name == RECORDED_AT else f"{day:%Y-%m-%d}"
    return cell


def _test_id(serial: int) -> str:
    day = _FIRST_DAY + timedelta(days=serial // _A_DAY)
    body = f"{GENERATED_REGION}{day:%Y%m%d}{serial % _A_DAY + 1:03d}"
    return body + check_digit(body)
