"""Statements that every group sends, put into words once and then handed to the driver as they are.

The engine, its dialects, pools and transactions stay SQLAlchemy's, and so do the errors. What is
saved is looking for the words again, each value's way through a dictionary, and a result object
that knows more of its columns than anybody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Select,
    Table,
    bindparam,
    insert,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement


class PreparedInsert:
    """Rows into `table`, given as mappings that hold every column."""

    def __init__(self, table: Table) -> None:
        self._statement = insert(table).values({c.name: bindparam(c.name) for c in table.columns})
        self._texts: dict[str, tuple[str, tuple[str, ...]]] = {}

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write `rows`; nothing is sent where there are none.

        Raises
        ------
        DBAPIError
            As SQLAlchemy itself would.
        """
        if not rows:
            return
        name = connection.dialect.name
        if name not in self._texts:
            self._texts[name] = _worded(self._statement, connection.dialect)
        text, order = self._texts[name]
        with _cursor(connection) as cursor:
            cursor.executemany(text, [tuple([row[key] for key in order]) for row in rows])


class PreparedRow:
    """The one row of a select without values, if there is one."""

    def __init__(self, select: Select[Any]) -> None:
        self._select = select
        self._texts: dict[str, str] = {}

    def row(self, connection: Connection) -> tuple[Any, ...] | None:
        """Return the row, or None.

        Raises
        ------
        DBAPIError
            As SQLAlchemy itself would.
        """
        name = connection.dialect.name
        if name not in self._texts:
            self._texts[name], _ = _worded(self._select, connection.dialect)
        with _cursor(connection) as cursor:
            cursor.execute(self._texts[name])
            found: tuple[Any, ...] | None = cursor.fetchone()
        return found


class PreparedSelect:
    """Columns of the rows whose `key` is among given ones."""

    def __init__(self, select: Select[Any], key: ColumnElement[str]) -> None:
        self._select, self._key = select, key
        self._texts: dict[tuple[str, int], str] = {}

    def rows(self, connection: Connection, keys: Collection[str]) -> list[tuple[Any, ...]]:
        """Return the rows found, in no order; none are looked for where there are no `keys`.

        Raises
        ------
        DBAPIError
            As SQLAlchemy itself would.
        """
        if not keys:
            return []
        given = list(keys)
        places = 1 << (len(given) - 1).bit_length()
        named = connection.dialect.name, places
        if named not in self._texts:
            self._texts[named], _ = _worded(self._among(places), connection.dialect)
        # Few wordings serve any number of keys: the last stands for those that are not there.
        filled = tuple(given + given[-1:] * (places - len(given)))
        with _cursor(connection) as cursor:
            cursor.execute(self._texts[named], filled)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def _among(self, places: int) -> Select[Any]:
        return self._select.where(self._key.in_([bindparam(f"key_{i}") for i in range(places)]))


def _worded(statement: ClauseElement, dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    """Return a statement's text for the driver, and the names of its values in their order."""
    make: Callable[..., Dialect] = type(dialect)
    style = "qmark" if dialect.name == "sqlite" else "format"
    compiled: Any = statement.compile(dialect=make(paramstyle=style))
    return str(compiled), tuple(compiled.positiontup or ())


@contextmanager
def _cursor(connection: Connection) -> Iterator[Any]:
    """Yield a cursor of the driver, whose errors leave as SQLAlchemy's."""
    dialect, held = connection.dialect, connection.connection
    cursor = held.cursor()
    try:
        yield cursor
    except dialect.loaded_dbapi.Error as error:
        is_lost = dialect.is_disconnect(error, held, cursor)
        if is_lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            None, None, error, dialect.loaded_dbapi.Error,
            connection_invalidated=is_lost, dialect=dialect,
        ) from error  # fmt: skip
    finally:
        cursor.close()
