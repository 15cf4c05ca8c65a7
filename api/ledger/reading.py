"""A ledger read by commands of the console: nothing is made, upgraded or written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from api.ledger.commands import View
from api.ledger.engine import open_engine
from api.ledger.keys import read_keys
from api.ledger.location import Location
from api.ledger.schema import refuse_other_release
from api.ledger.tables import entries
from api.ledger.transaction import Transaction
from api.ledger.vault import Vault
from model.errors import LedgerError


@contextlib.contextmanager
def reading(location: Location) -> Iterator[View]:
    """Yield a view of the ledger as it is now.

    Raises
    ------
    LedgerError
        If it is not there, its keys are missing, or its database cannot be read.
    """
    location.refuse_absent()
    keys = read_keys(location.keys, may_make=False)
    engine = open_engine(location.url, writes=False)
    try:
        with engine.connect() as connection, connection.begin():
            refuse_other_release(connection)
            yield Transaction(connection, Vault(keys), datetime.now(tz=UTC))
    except DBAPIError as error:
        raise LedgerError(unreadable(error)) from error
    finally:
        engine.dispose()


def holds_entries(location: Location) -> bool:
    """Return whether there is a ledger at `location`: a database with its tables.

    Raises
    ------
    LedgerError
        If its database cannot be asked.
    """
    database = location.url.database
    if location.url.get_backend_name() == "sqlite" and not Path(str(database)).exists():
        return False
    engine = open_engine(location.url, writes=False)
    try:
        return inspect(engine).has_table(entries.name)
    except DBAPIError as error:
        raise LedgerError(unreadable(error)) from error
    finally:
        engine.dispose()


def unreadable(error: DBAPIError) -> str:
    """Return what to tell of a database that cannot be read; never its address or a row."""
    name = type(error.orig).__name__
    return f"the ledger's database cannot be read ({name}); check that it is up, and its address"
