"""The accounts of this home: names, password hashes, roles and places, in the ledger's database."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.access.account_events import AccountEvent, Event, record
from api.core.principal import PLACE, Principal, Role
from api.core.settings import Settings
from api.ledger.audit import AuditWriter
from api.ledger.database import Location, open_engine
from api.ledger.schema import upgrade
from api.ledger.tables import accounts
from model.errors import AccessError

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
#: Separates an account's rights from its password's digest in the audit.
PASSWORD = "; password "


@dataclass(frozen=True)
class Account:
    """One account.

    Attributes
    ----------
    version : int
        Rises with every change; tokens of an earlier version are refused.
    """

    name: str
    password_hash: str
    roles: frozenset[Role]
    places: tuple[str, ...]
    version: int = 1
    is_enabled: bool = True

    @property
    def principal(self) -> Principal:
        """The principal of this account's requests."""
        return Principal(self.name, self.roles, self.places)


class Accounts:
    """Accounts in SQLite or PostgreSQL; every change is one transaction."""

    def __init__(self, settings: Settings) -> None:
        self._location = Location.of(settings)
        self.writing = AuditWriter(self._location)
        self.reading: Engine = open_engine(self._location.url, writes=False)

    def prepare(self) -> None:
        """Create the tables at first use."""
        self._location.make_file()
        upgrade(self.writing.engine)

    def close(self) -> None:
        """Close the connections to the database."""
        self.writing.close()
        self.reading.dispose()

    def all(self) -> list[Account]:
        """Return every account, by name."""
        with self.reading.connect() as connection:
            rows = connection.execute(select(accounts).order_by(accounts.c.name)).mappings()
            return [account_of(row) for row in rows]

    def find(self, name: str) -> Account | None:
        """Return the account of that name."""
        with self.reading.connect() as connection:
            return _find(connection, name)

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
        valid = [_valid(account) for account in added]
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
            after = _valid(change(before))
            statement = update(accounts).where(accounts.c.name == name)
            work.connection.execute(statement.values(_changed_columns(before, after)))
            record(work, [AccountEvent(event, name, actor, state_of(after))])
        return before


def state_of(account: Account) -> str:
    """Return the state of an account for the audit: its rights and a digest of its password hash.

    The hash is salted, so nobody can test guesses of the password against the digest.
    """
    password = hashlib.sha256(account.password_hash.encode()).hexdigest()[:16]
    return f"{rights_of(account)}{PASSWORD}{password}"


def rights_of(account: Account) -> str:
    """Return the roles and places of an account as text."""
    places = ", ".join(place or "everywhere" for place in account.places)
    state = "" if account.is_enabled else "; disabled"
    return f"{', '.join(sorted(account.roles))}; {places}{state}"


def _find(connection: Connection, name: str) -> Account | None:
    row = connection.execute(select(accounts).where(accounts.c.name == name)).mappings().first()
    return None if row is None else account_of(row)


def account_of(row: Any) -> Account:
    """Return the account stored as `row`."""
    return Account(
        name=row["name"],
        password_hash=row["password_hash"],
        roles=frozenset(row["roles"].split(",")),
        places=tuple(row["places"].split(",")),
        version=row["version"],
        is_enabled=row["is_enabled"],
    )


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


def _valid(account: Account) -> Account:
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
