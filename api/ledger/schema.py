"""The database schema: migrations, the append-only triggers, and the service's rights.

On PostgreSQL the service's role owns no table and cannot change any entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Table, text
from sqlalchemy.exc import ProgrammingError

from api.ledger.findings import Report
from api.ledger.migrations.append_only import guard_names, guards
from api.ledger.tables import (
    APPEND_ONLY,
    accounts,
    attempts,
    identities,
    metadata,
    person_keys,
    second_factors,
    sessions,
)
from model.errors import LedgerError

_FOLDER = Path(__file__).parent / "migrations"
#: Triggers that fire in every session, also of a replica, and whose function still raises.
_POSTGRES_TRIGGERS = text(
    "SELECT tgname FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
    " WHERE tgenabled = 'A' AND position('RAISE EXCEPTION' IN prosrc) > 0"
)
_SQLITE_TRIGGERS = text("SELECT sql FROM sqlite_master WHERE type = 'trigger'")
#: Table and name of each trigger, and of each rule, which PostgreSQL runs likewise.
_POSTGRES_NAMES = text(
    "SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
    " WHERE NOT tgisinternal AND pg_table_is_visible(tgrelid)"
    " UNION SELECT tablename, rulename FROM pg_rules WHERE schemaname = current_schema()"
    " ORDER BY 1, 2"
)
_SQLITE_NAMES = text(
    "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger' ORDER BY 1, 2"
)


def upgrade(engine: Engine) -> None:
    """Run the missing migrations, all or none, while the chain's lock excludes other processes.

    Raises
    ------
    LedgerError
        If this account cannot alter tables, or the database is of a later release.
    """
    config = _config()
    steps = ScriptDirectory.from_config(config)
    with engine.begin() as connection:
        revision = read_revision(connection)
        if revision == steps.get_current_head():
            return
        if revision is not None and revision not in {s.revision for s in steps.walk_revisions()}:
            raise LedgerError(
                f"the ledger's tables are of a later release (step {revision}); install that"
                " release"
            )
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except ProgrammingError as error:
            raise LedgerError(
                "the ledger's tables are of an earlier release and this account cannot alter"
                " them; run rongzi upgrade-ledger with the owner's account (docs/use/deployment.md)"
            ) from error


def refuse_other_release(connection: Connection) -> None:
    """Refuse tables of another release; read-only commands do not migrate them.

    Raises
    ------
    LedgerError
        Saying what to do.
    """
    revision = read_revision(connection)
    expected = ScriptDirectory.from_config(_config()).get_current_head()
    if revision != expected:
        raise LedgerError(
            f"the ledger's tables are of another release (step {revision or 'none'}, expected"
            f" {expected}); run rongzi upgrade-ledger, or install the release"
            " that wrote them"
        )


def read_revision(connection: Connection) -> str | None:
    """Return the migration step of the tables; None if there are none."""
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config


def verify_triggers(connection: Connection, report: Report) -> None:
    """Verify that the append-only triggers are in place, and that there is no other one."""
    for place, name in _foreign(connection):
        report.add(
            "foreign trigger",
            None,
            f"table {place} has the trigger or rule {name}, which no release makes: it can keep"
            " what is erased, or drop what is written. Find out who made it and what it did, and"
            " drop it",
        )
    for table, missing in _unguarded(connection):
        names = ", ".join(sorted(missing))
        report.add(
            "unguarded",
            None,
            f"table {table.name} can be changed: trigger {names} was removed, disabled or"
            " rewritten, which only the owner of the tables can do. Find out who did it, and run"
            " rongzi upgrade-ledger to restore the trigger",
        )


def restore_triggers(engine: Engine) -> list[str]:
    """Restore the triggers of every table that lacks one; return the names of those tables."""
    with engine.begin() as connection:
        dialect, unguarded = connection.dialect.name, [t for t, _ in _unguarded(connection)]
        for table in unguarded:
            on = f" ON {table.name}" if dialect == "postgresql" else ""
            for name in guard_names(dialect, table.name):
                connection.execute(text(f"DROP TRIGGER IF EXISTS {name}{on}"))
            for statement in guards(dialect, table.name, _keys(table)):
                connection.execute(text(statement))
    return [table.name for table in unguarded]


def _foreign(connection: Connection) -> Iterator[tuple[str, str]]:
    dialect = connection.dialect.name
    ours = {name for table in APPEND_ONLY for name in guard_names(dialect, table.name)}
    query = _POSTGRES_NAMES if dialect == "postgresql" else _SQLITE_NAMES
    for table, name in connection.execute(query):
        if table in metadata.tables and name not in ours:
            yield table, name


def _unguarded(connection: Connection) -> Iterator[tuple[Table, set[str]]]:
    is_postgres = connection.dialect.name == "postgresql"
    query = _POSTGRES_TRIGGERS if is_postgres else _SQLITE_TRIGGERS
    present = {str(trigger) for (trigger,) in connection.execute(query)}
    for table in APPEND_ONLY:
        names = guard_names(connection.dialect.name, table.name)
        # SQLite stores a trigger as the text of its statement.
        expected = names if is_postgres else guards("sqlite", table.name, _keys(table))
        missing = {n for n, sql in zip(names, expected, strict=True) if sql not in present}
        if missing:
            yield table, missing


def _keys(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.primary_key or column.unique]


def grant_service_role(engine: Engine, role: str) -> None:
    """Grant `role` the rights that the service needs on the tables, and revoke all others.

    Raises
    ------
    LedgerError
        If the database is not PostgreSQL, or there is no such role.
    """
    if engine.dialect.name != "postgresql":
        raise LedgerError("only PostgreSQL has roles; a SQLite file belongs to its account")
    quoted = engine.dialect.identifier_preparer.quote(role)
    schema = "public"
    tables = ", ".join(table.name for table in (*APPEND_ONLY, identities, person_keys))
    with engine.begin() as connection:
        try:
            connection.execute(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {quoted}"))
            connection.execute(text(f"REVOKE CREATE ON SCHEMA {schema} FROM {quoted}, PUBLIC"))
            connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {quoted}"))
            connection.execute(text(f"GRANT SELECT, INSERT ON {tables} TO {quoted}"))
            connection.execute(
                text(f"GRANT DELETE ON {identities.name}, {person_keys.name} TO {quoted}")
            )
            # People change their passwords; only the owner of the tables adds accounts.
            own = "SELECT, UPDATE (password_hash, version)"
            connection.execute(text(f"GRANT {own} ON {accounts.name} TO {quoted}"))
            counted = "SELECT, INSERT, UPDATE, DELETE"
            free = f"{attempts.name}, {sessions.name}"
            connection.execute(text(f"GRANT {counted} ON {free} TO {quoted}"))
            # A second factor is enrolled by its owner, and removed by two administrators only.
            enrolled = "SELECT, INSERT, UPDATE"
            connection.execute(text(f"GRANT {enrolled} ON {second_factors.name} TO {quoted}"))
            connection.execute(text(f"GRANT SELECT ON alembic_version TO {quoted}"))
        except ProgrammingError as error:
            raise LedgerError(
                f"role {role}: could not be granted; create it first (CREATE ROLE … LOGIN) and run"
                " this as the tables' owner"
            ) from error
