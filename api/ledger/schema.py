"""The tables brought to this release's form when the ledger is opened."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import ProgrammingError

from model.errors import LedgerError

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
