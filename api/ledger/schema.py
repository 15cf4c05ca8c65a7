"""The tables brought to this release's form when the ledger is opened.

The triggers that keep tables append-only: whether they stand, and put back where they do not.

PostgreSQL: what the service's account may do. It owns nothing, and can change no entry.
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
from api.ledger.tables import APPEND_ONLY, accounts, attempts, identities
from model.errors import LedgerError

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


def grant(engine: Engine, role: str) -> None:
    """Give `role` what the service needs on the ledger's tables, and take away everything else.

    Raises
    ------
    LedgerError
        If the database is not PostgreSQL, or there is no such role.
    """
    if engine.dialect.name != "postgresql":
        raise LedgerError("only PostgreSQL knows roles; a SQLite file belongs to its account")
    quoted = engine.dialect.identifier_preparer.quote(role)
    schema = "public"
    tables = ", ".join(table.name for table in (*APPEND_ONLY, identities))
    with engine.begin() as connection:
        try:
            connection.execute(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {quoted}"))
            connection.execute(text(f"REVOKE CREATE ON SCHEMA {schema} FROM {quoted}, PUBLIC"))
            connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {quoted}"))
            connection.execute(text(f"GRANT SELECT, INSERT ON {tables} TO {quoted}"))
            connection.execute(text(f"GRANT DELETE ON {identities.name} TO {quoted}"))
            # A person may change a password; who has an account is for the tables' owner to say.
            own = "SELECT, UPDATE (password_hash, version)"
            connection.execute(text(f"GRANT {own} ON {accounts.name} TO {quoted}"))
            counted = "SELECT, INSERT, UPDATE, DELETE"
            connection.execute(text(f"GRANT {counted} ON {attempts.name} TO {quoted}"))
            connection.execute(text(f"GRANT SELECT ON alembic_version TO {quoted}"))
        except ProgrammingError as error:
            raise LedgerError(
                f"role {role}: could not be granted; create it first (CREATE ROLE … LOGIN) and run"
                " this as the tables' owner"
            ) from error


_FOLDER = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Take the missing steps, all or none; the chain's lock keeps other processes out meanwhile.

    Raises
    ------
    LedgerError
        If this account may not alter tables, or the database is of a later release.
    """
    config = _config()
    steps = ScriptDirectory.from_config(config)
    with engine.begin() as connection:
        found = revision(connection)
        if found == steps.get_current_head():
            return
        if found is not None and found not in {step.revision for step in steps.walk_revisions()}:
            raise LedgerError(
                f"the ledger's tables are of a later release (step {found}); install that release"
            )
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except ProgrammingError as error:
            raise LedgerError(
                "the ledger's tables are of an earlier release and this account may not alter"
                " them; run rongzi upgrade-ledger with the owner's account (docs/use/deployment.md)"
            ) from error


def refuse_other_release(connection: Connection) -> None:
    """Refuse tables that are not of this release's form: who only reads does not change them.

    Raises
    ------
    LedgerError
        Saying what to do.
    """
    found, expected = revision(connection), ScriptDirectory.from_config(_config())
    if found != expected.get_current_head():
        raise LedgerError(
            f"the ledger's tables are of another release (step {found or 'none'}, expected"
            f" {expected.get_current_head()}); run rongzi upgrade-ledger, or install the release"
            " that wrote them"
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config


def revision(connection: Connection) -> str | None:
    """Return the step the tables stand at; None where there are none."""
    return MigrationContext.configure(connection).get_current_revision()
