"""Statements that every group sends, put into words once and then handed to the driver as they are.

The engine, its dialects, pools, transactions and errors stay SQLAlchemy's; what is saved is looking
for the words again, and every value's way through a dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Select, Table, bindparam, insert
from sqlalchemy.sql import ClauseElement


class PreparedInsert:
    """Rows into `table`, given as mappings that hold every column but those of `left_out`."""

    def __init__(self, table: Table, left_out: Collection[str] = ()) -> None:
        names = [column.name for column in table.columns if column.name not in left_out]
        self._statement = insert(table).values({name: bindparam(name) for name in names})
        self._texts: dict[str, tuple[str, tuple[str, ...]]] = {}

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write `rows`; nothing is sent where there are none."""
        if not rows:
            return
        name = connection.dialect.name
        if name not in self._texts:
            self._texts[name] = _worded(self._statement, connection.dialect)
        text, order = self._texts[name]
        connection.exec_driver_sql(text, [tuple([row[key] for key in order]) for row in rows])


class PreparedLook:
    """Columns of the rows whose `key` is among given ones."""

    def __init__(self, select: Select[Any], key: ColumnElement[str]) -> None:
        self._select, self._key = select, key
        self._texts: dict[tuple[str, int], tuple[str, tuple[str, ...]]] = {}

    def rows(self, connection: Connection, keys: Collection[str]) -> list[tuple[Any, ...]]:
        """Return the rows found, in no order; none are looked for where there are no `keys`."""
        if not keys:
            return []
        given = list(keys)
        places = 1 << (len(given) - 1).bit_length()
        named = connection.dialect.name, places
        if named not in self._texts:
            self._texts[named] = _worded(self._among(places), connection.dialect)
        # Few wordings serve any number of keys: the last stands for those that are not there.
        filled = tuple(given + given[-1:] * (places - len(given)))
        found = connection.exec_driver_sql(self._texts[named][0], filled)
        return [tuple(row) for row in found]

    def _among(self, places: int) -> Select[Any]:
        return self._select.where(self._key.in_([bindparam(f"key_{i}") for i in range(places)]))


def _worded(statement: ClauseElement, dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    """Return a statement's text for the driver, and the names of its values in their order."""
    make: Callable[..., Dialect] = type(dialect)
    style = "qmark" if dialect.name == "sqlite" else "format"
    compiled: Any = statement.compile(dialect=make(paramstyle=style))
    return str(compiled), tuple(compiled.positiontup)
