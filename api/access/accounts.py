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
#: Stands in the audit between an account's rights and what names its password.
PASSWORD = "; password "


@dataclass(frozen=True)
class Account:
    """One account.

    Attributes
    ----------
    version : int
        Tokens of an earlier version are no longer good.
    """

    name: str
    password_hash: str
    roles: frozenset[Role]
    places: tuple[str, ...]
    version: int = 1
    is_enabled: bool = True

    @property
    def principal(self) -> Principal:
        """Who asks, when this account does."""
        return Principal(self.name, self.roles, self.places)


class Accounts:
    """Accounts on either database; every change is one transaction."""

    def __init__(self, settings: Settings) -> None:
        self._location = Location.of(settings)
        self.writing = AuditWriter(self._location)
        self.reading: Engine = open_engine(self._location.url, writes=False)

    def prepare(self) -> None:
        """Make the tables at first use."""
        self._location.make_file()
        upgrade(self.writing.engine)

    def close(self) -> None:
        """Let go of the database."""
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
        """Add accounts, all or none, and put it in the audit.

        Parameters
        ----------
        actor
            Who does it.
        only_first
            Refuse if there is any account yet.

        Raises
        ------
        AccessError
            If a name is taken, or a name, role or place is not as expected.
        """
        now, made = _moment(), [_valid(account) for account in added]
        rows = [_row(account) | {"created_at": now} for account in made]
        events = [AccountEvent("account_added", a.name, actor, state_of(a)) for a in made]
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
        """Change one account, put it in the audit and end its sessions.

        Raises
        ------
        AccessError
            If there is no such account, or it would not be as expected.
        """
        with self.writing.begin() as work:
            found = _find(work.connection, name)
            if found is None:
                raise AccessError("no such account; rongzi users list names them")
            changed = _valid(change(found))
            changing = update(accounts).where(accounts.c.name == name)
            work.connection.execute(changing.values(_differences(found, changed)))
            record(work, [AccountEvent(event, name, actor, state_of(changed))])
        return found


def state_of(account: Account) -> str:
    """Return what the audit tells of an account: its rights, and which password it has.

    The password is named by a digest of its salted hash, by which it cannot be guessed.
    """
    password = hashlib.sha256(account.password_hash.encode()).hexdigest()[:16]
    return f"{rights_of(account)}{PASSWORD}{password}"


def rights_of(account: Account) -> str:
    """Return what an account may do and where."""
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


def _differences(before: Account, after: Account) -> dict[str, Any]:
    """Return the columns to write: on PostgreSQL the service may write no more than a password."""
    was, row = _row(before), _row(after) | {"version": before.version + 1}
    return {name: value for name, value in row.items() if value != was[name]}


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
            "an account's name has 2 to 64 small letters, digits, dots, dashes or underscores"
        )
    if not account.roles:
        raise AccessError("an account needs a role; see docs/reference/roles.md")
    if not account.places or not all(PLACE.fullmatch(place) for place in account.places):
        raise AccessError(
            "a place is a code of 6 (county), 9 (township) or 12 digits (village), or all"
        )
    return account


def _moment() -> str:
    """Return now, as the tables keep it."""
    return datetime.now(tz=UTC).isoformat(timespec="seconds")
