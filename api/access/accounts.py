"""The accounts of this home: names, password hashes, roles and places, in the ledger's database."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, insert, inspect, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api.access.account import Account, account_of, state_of
from api.access.account_events import ACCOUNT_DIFFERS, SERVICE, AccountEvent, Event, record
from api.access.account_history import AccountHistories
from api.core.log import log
from api.core.principal import PLACE
from api.core.settings import Settings
from api.ledger.audit import AuditWriter
from api.ledger.database import Location, open_engine
from api.ledger.keys import SEAL_PUBLIC, public_key
from api.ledger.schema import upgrade
from api.ledger.tables import accounts
from model.errors import AccessError, LedgerError

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")


class Accounts:
    """Accounts in SQLite or PostgreSQL; every change is one transaction."""

    def __init__(self, settings: Settings) -> None:
        self.location = Location.of(settings)
        self.writing = AuditWriter(self.location)
        self.reading: Engine = open_engine(self.location.url, writes=False)
        self._lock = threading.Lock()
        self._histories = AccountHistories()
        self._reported: set[tuple[str, int]] = set()

    def prepare(self) -> None:
        """Create the tables at first use."""
        self.location.make_file()
        upgrade(self.writing.engine)

    def close(self) -> None:
        """Close the connections to the database."""
        self.writing.close()
        self.reading.dispose()

    def all(self) -> list[Account]:
        """Return every account, by name."""
        with self.reading.connect() as connection:
            return [account_of(row) for row in connection.execute(_ALL).mappings()]

    def find(self, name: str) -> Account | None:
        """Return the account of that name."""
        with self.reading.connect() as connection:
            return _find(connection, name)

    def usable(self, name: str | None = None) -> list[Account]:
        """Return the accounts, or the one of that name, that agree with the audit.

        Each has its grant. An account that differs is reported in the log and in the audit.

        Raises
        ------
        LedgerError
            If there are accounts and no key to verify the audit with.
        """
        # Take the lock before the snapshot: the histories never know more than a snapshot does.
        with self._lock, self.reading.connect() as connection:
            rows = connection.execute(_ALL if name is None else _named(name)).mappings().all()
            found = [account_of(row) for row in rows]
            defects = self._defects(connection, found)
            if defects:
                # A restored database may hold another audit than the one read so far.
                self._histories = AccountHistories()
                defects = self._defects(connection, found)
            histories = self._histories.read(connection)
        self._report([account for account in found if account.name in defects])
        return [
            replace(each, grant=histories[each.name].grant)
            for each in found
            if each.name not in defects
        ]

    def _defects(self, connection: Connection, found: Sequence[Account]) -> dict[str, str]:
        self._histories.read(connection)
        if not found:
            return {}
        key = public_key(self.location.keys / SEAL_PUBLIC)
        defects = {each.name: self._histories.defect(connection, each, key) for each in found}
        return {name: defect for name, defect in defects.items() if defect}

    def _report(self, differing: Sequence[Account]) -> None:
        states = {(account.name, hash(state_of(account))): account.name for account in differing}
        new = {state: name for state, name in states.items() if state not in self._reported}
        if not new:
            return
        self._reported |= new.keys()
        log.error("account differs", count=len(new))
        names = [name if NAME.fullmatch(name) else None for name in new.values()]
        # The accounts are refused in any case; without a database nothing can be recorded.
        away = contextlib.suppress(LedgerError, DBAPIError, PoolTimeoutError)
        with away, self.writing.begin() as work:
            record(work, [AccountEvent(ACCOUNT_DIFFERS, each, SERVICE) for each in names])

    def add(self, added: Iterable[Account], actor: str, *, only_first: bool = False) -> None:
        """Add all accounts or none, and record it in the audit.

        Parameters
        ----------
        actor
            The account or console user that adds them.
        only_first
            Refuse if there is any account yet.

        Raises
        ------
        AccessError
            If a name is taken, or a name, role or place is invalid.
        """
        created_at = datetime.now(tz=UTC).isoformat(timespec="seconds")
        valid = [validated(account) for account in added]
        rows = [_row(account) | {"created_at": created_at} for account in valid]
        events = [AccountEvent("account_added", a.name, actor, state_of(a)) for a in valid]
        try:
            with self.writing.begin() as work:
                if only_first and work.connection.execute(select(accounts.c.name)).first():
                    raise AccessError(
                        "this home has accounts already; manage them with rongzi users"
                        " (a lost password: rongzi users reset-password NAME)"
                    )
                work.connection.execute(insert(accounts), rows)
                record(work, events)
        except IntegrityError as error:
            raise AccessError("an account of that name exists; choose another name") from error

    def change(
        self, name: str, event: Event, actor: str, change: Callable[[Account], Account]
    ) -> Account:
        """Change one account, record it in the audit, end its sessions; return the old account.

        Raises
        ------
        AccessError
            If there is no such account, or the changed account is invalid.
        """
        with self.writing.begin() as work:
            before = _find(work.connection, name)
            if before is None:
                raise AccessError("no such account; rongzi users list names them")
            after = validated(change(before))
            statement = update(accounts).where(accounts.c.name == name)
            work.connection.execute(statement.values(_changed_columns(before, after)))
            record(work, [AccountEvent(event, name, actor, state_of(after))])
        return before


_ALL = select(accounts).order_by(accounts.c.name)


def _named(name: str) -> Select[Any]:
    return select(accounts).where(accounts.c.name == name)


def has_accounts(settings: Settings) -> bool:
    """Return whether the ledger of `settings` holds any account; nothing is made.

    Raises
    ------
    DBAPIError
        If the database is named and does not answer.
    """
    location = Location.of(settings)
    if location.file and not location.file.exists():
        return False
    engine = open_engine(location.url, writes=False)
    try:
        with engine.connect() as connection:
            is_there = inspect(connection).has_table(accounts.name)
            return is_there and connection.execute(_ALL.limit(1)).first() is not None
    finally:
        engine.dispose()


def _find(connection: Connection, name: str) -> Account | None:
    row = connection.execute(_named(name)).mappings().first()
    return None if row is None else account_of(row)


def _changed_columns(before: Account, after: Account) -> dict[str, Any]:
    """Return the columns to write: PostgreSQL lets the service write password columns only."""
    old, new = _row(before), _row(after) | {"version": before.version + 1}
    return {name: value for name, value in new.items() if value != old[name]}


def _row(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "password_hash": account.password_hash,
        "roles": ",".join(sorted(account.roles)),
        "places": ",".join(account.places),
        "version": account.version,
        "is_enabled": account.is_enabled,
    }


def validated(account: Account) -> Account:
    """Return `account` if its name, roles and places are as expected.

    Raises
    ------
    AccessError
        Otherwise; the message says what is expected.
    """
    if not NAME.fullmatch(account.name):
        raise AccessError(
            "an account's name has 2 to 64 lower-case letters, digits, dots, dashes or underscores"
        )
    if not account.roles:
        raise AccessError("an account needs at least one role; see docs/reference/roles.md")
    if not account.places or not all(PLACE.fullmatch(place) for place in account.places):
        raise AccessError(
            "a place is a code of 6 (county), 9 (township) or 12 digits (village), or all"
        )
    return account
