"""Triggers that refuse UPDATE, DELETE and TRUNCATE, on both databases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alembic import op

_WHY = "the ledger is append-only"

_FUNCTION = f"""
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{_WHY}' USING ERRCODE = 'insufficient_privilege'; END $$
"""


def forbid_changes(table: str, keys: Sequence[str]) -> None:
    """Make `table` append-only; `keys` are its unique columns."""
    for statement in guards(op.get_bind().dialect.name, table, keys):
        op.execute(statement)


def guards(dialect: str, table: str, keys: Sequence[str]) -> Iterator[str]:
    """Return the statements that make `table` append-only."""
    return _postgres(table) if dialect == "postgresql" else _sqlite(table, keys)


def guard_names(dialect: str, table: str) -> tuple[str, ...]:
    """Return the names of the triggers that `guards` creates."""
    third = "truncate" if dialect == "postgresql" else "replace"
    return tuple(f"{table}_no_{change}" for change in ("update", "delete", third))


def _postgres(table: str) -> Iterator[str]:
    yield _FUNCTION
    for change in ("UPDATE", "DELETE", "TRUNCATE"):
        yield (
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    # ALWAYS: also in a session that declares itself a replica.
    yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_update"
    yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_delete"
    yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate"


def _sqlite(table: str, keys: Sequence[str]) -> Iterator[str]:
    for change in ("UPDATE", "DELETE"):
        yield (
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{_WHY}'); END"
        )
    # INSERT OR REPLACE deletes a row without firing the trigger above.
    there = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {k} = NEW.{k})" for k in keys)
    yield (
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there}"
        f" BEGIN SELECT RAISE(ABORT, '{_WHY}'); END"
    )
