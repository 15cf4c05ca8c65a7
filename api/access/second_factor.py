"""The second factor of an account: one-time codes of its owner's telephone, by policy.

The secret lies encrypted in table ``second_factors``. Which secret an account confirmed, or that
administrators removed it, is a sealed row of the audit: who can write the database can neither
remove a second factor nor put one in its place.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from api.access.account import Account
from api.access.account_events import (
    FACTOR_CONFIRMED,
    FACTOR_REMOVED,
    AccountEvent,
    record,
)
from api.access.accounts import Accounts
from api.access.factor_history import NO_FACTOR, factor_defect, factor_digest, read_factor
from api.access.one_time_codes import base32, matching_step, new_secret, provisioning_uri
from api.core.calendar import date_in_china
from api.core.log import log
from api.editions.demo import demo_day
from api.http.access_problems import (
    SECOND_FACTOR_DIFFERS,
    SECOND_FACTOR_EXISTS,
    SECOND_FACTOR_MISSING,
    SECOND_FACTOR_NEEDED,
)
from api.http.problem_kinds import WRONG_CREDENTIALS
from api.http.problems import ProblemError
from api.ledger.audit_seals import is_sealed
from api.ledger.keys import SEAL_PUBLIC, public_key, read_keys
from api.ledger.tables import second_factors
from api.ledger.vault import Vault
from model.policy.controls import controls_on

_FIELD = "second_factor"


@dataclass(frozen=True)
class Enrolment:
    """A new secret, shown once: as people type it, and as a telephone reads it from a square code.

    It counts after `SecondFactors.confirm`.
    """

    secret: str
    uri: str


class SecondFactors:
    """The second factors of a home's accounts; the methods block and know no HTTP."""

    def __init__(self, accounts: Accounts, clock: Callable[[], float] = time.time) -> None:
        self._accounts, self._clock = accounts, clock
        # The passwords of a demo are printed; a telephone for each of its people would help nobody.
        self._is_demo = demo_day(accounts.location.keys.parent) is not None
        self._opened: Vault | None = None

    def has(self, name: str) -> bool:
        """Return whether the account `name` confirmed a second factor."""
        with self._accounts.reading.connect() as connection:
            return self._confirmed(connection, name) is not None

    def check(self, account: Account, code: str | None) -> None:
        """Let a password pass alone only where neither policy nor account has a second factor.

        Raises
        ------
        ProblemError
            If a code is needed, wrong or used before; if the policy wants a second factor and the
            account has none; if the stored secret is not the one that the audit states.
        """
        if not self.has(account.name):
            if self._is_required(account):
                raise ProblemError(SECOND_FACTOR_MISSING)
        elif code is None:
            raise ProblemError(SECOND_FACTOR_NEEDED)
        else:
            self._use(account.name, code, confirms=False)

    def refuse_confirmed(self, account: Account) -> None:
        """Refuse to enrol an account that has a second factor: administrators remove it first.

        Raises
        ------
        ProblemError
            409 if there is one.
        """
        if self.has(account.name):
            raise ProblemError(SECOND_FACTOR_EXISTS)

    def enrol(self, account: Account) -> Enrolment:
        """Store and return a new secret for `account`, which counts once it is confirmed.

        Raises
        ------
        ProblemError
            As `refuse_confirmed`.
        """
        self.refuse_confirmed(account)
        secret = new_secret()
        sealed = self._vault().close(secret.hex(), account.name, _FIELD)
        values = {"sealed_secret": sealed, "is_confirmed": False, "last_step": 0}
        is_open = (second_factors.c.account == account.name) & ~second_factors.c.is_confirmed
        with self._accounts.writing.begin() as work:
            again = work.connection.execute(update(second_factors).where(is_open).values(values))
            if not again.rowcount:
                row = {"account": account.name, **values}
                work.connection.execute(insert(second_factors).values(row))
        return Enrolment(base32(secret), provisioning_uri(account.name, secret))

    def confirm(self, account: Account, code: str) -> None:
        """Let the enrolled secret count from now on, if `code` shows that its owner has it.

        Raises
        ------
        ProblemError
            409 if the account has a second factor already; 400 if the code is not of the secret.
        """
        self.refuse_confirmed(account)
        self._use(account.name, code, confirms=True)

    def remove(self, name: str, actor: str) -> None:
        """Remove the second factor of `name`; `actor` approved the order of another."""
        with self._accounts.writing.begin() as work:
            mine = second_factors.c.account == name
            work.connection.execute(delete(second_factors).where(mine))
            record(work, [AccountEvent(FACTOR_REMOVED, name, actor, NO_FACTOR)])

    def _use(self, name: str, code: str, *, confirms: bool) -> None:
        mine = second_factors.c.account == name
        with self._accounts.writing.begin() as work:
            # Read under the lock: of two requests with one code, the second sees the first.
            row = work.connection.execute(select(second_factors).where(mine)).mappings().first()
            if row is None or row["is_confirmed"] == confirms:
                raise ProblemError(WRONG_CREDENTIALS)
            sealed = bytes(row["sealed_secret"])
            secret = bytes.fromhex(self._vault().open(sealed, name, _FIELD))
            step = matching_step(secret, code, self._clock(), after=row["last_step"])
            if step is None:
                raise ProblemError(WRONG_CREDENTIALS)
            values = {"last_step": step, "is_confirmed": True}
            work.connection.execute(update(second_factors).where(mine).values(values))
            if confirms:
                digest = factor_digest(sealed)
                record(work, [AccountEvent(FACTOR_CONFIRMED, name, name, digest)])

    def _confirmed(self, connection: Connection, name: str) -> Any:
        """Return the row of a confirmed second factor, or None.

        Raises
        ------
        ProblemError
            403 if the row is not what the audit states.
        """
        mine = second_factors.c.account == name
        found = connection.execute(select(second_factors).where(mine)).mappings().first()
        row = dict(found) if found else None
        stated = read_factor(connection, name)
        key = public_key(self._accounts.location.keys / SEAL_PUBLIC)
        is_proven = stated is None or is_sealed(connection, stated.number, key)
        if factor_defect(row, stated) or not is_proven:
            log.error("second factor differs", subject=name)
            raise ProblemError(SECOND_FACTOR_DIFFERS)
        return row if row is not None and row["is_confirmed"] else None

    def _is_required(self, account: Account) -> bool:
        today = date_in_china(datetime.fromtimestamp(self._clock(), tz=UTC))
        wanted = controls_on(today).second_factor_roles
        return not self._is_demo and not account.roles.isdisjoint(wanted)

    def _vault(self) -> Vault:
        if self._opened is None:
            self._opened = Vault(read_keys(self._accounts.location.keys, may_make=False))
        return self._opened
