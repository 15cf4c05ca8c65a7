"""The triggers that keep tables append-only: whether they stand, and put back where they do not."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Engine, Table, text

from api.ledger.findings import Report
from api.ledger.migrations.append_only import guard_names, guards
from api.ledger.tables import APPEND_ONLY

#: Enabled whatever a session calls itself, and raising as they were made to.
_OF_POSTGRES = text(
    "SELECT tgname FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
    " WHERE tgenabled = 'A' AND position('RAISE EXCEPTION' IN prosrc) > 0"
)
_OF_SQLITE = text("SELECT sql FROM sqlite_master WHERE type = 'trigger'")


def verify_guards(connection: Connection, report: Report) -> None:
    """Verify that the database refuses changes: who took a trigger away, meant to make one."""
    for table, missing in _unguarded(connection):
        names = ", ".join(sorted(missing))
        report.found(
            "unguarded",
            None,
            f"table {table.name} may be changed: {names} is gone, switched off or rewritten, which"
            " only the tables' owner can do; ask who did, and run rongzi upgrade-ledger to put it"
            " back",
        )


def put_back(engine: Engine) -> list[str]:
    """Put back the triggers of every table that lacks one; return those tables' names."""
    with engine.begin() as connection:
        dialect, unguarded = connection.dialect.name, [t for t, _ in _unguarded(connection)]
        for table in unguarded:
            on = f" ON {table.name}" if dialect == "postgresql" else ""
            for name in guard_names(dialect, table.name):
                connection.execute(text(f"DROP TRIGGER IF EXISTS {name}{on}"))
            for statement in guards(dialect, table.name, _keys(table)):
                connection.execute(text(statement))
    return [table.name for table in unguarded]


def _unguarded(connection: Connection) -> Iterator[tuple[Table, set[str]]]:
    postgres = connection.dialect.name == "postgresql"
    standing = {str(s) for (s,) in connection.execute(_OF_POSTGRES if postgres else _OF_SQLITE)}
    for table in APPEND_ONLY:
        names = guard_names(connection.dialect.name, table.name)
        # SQLite keeps a trigger in the very words that made it.
        words = names if postgres else guards("sqlite", table.name, _keys(table))
        missing = {n for n, made in zip(names, words, strict=True) if made not in standing}
        if missing:
            yield table, missing


def _keys(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.primary_key or column.unique]
