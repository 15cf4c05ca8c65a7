"""Sessions: begun by a sign-in, kept by refresh tokens that are each good once.

A refresh token is signed and names its session and generation. Each refresh raises the generation,
so that an older token shows that it was copied: then the whole session ends, for thief and owner
(RFC 9700, section 4.14.2). The methods block and know no HTTP.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from api.access.account import Account
from api.access.account_events import SESSION_ENDED, SESSION_REUSED, AccountEvent, Event, record
from api.access.accounts import Accounts
from api.access.issuer import TOKEN_SECONDS, Issuer, RefreshClaims
from api.access.limits import RateLimits
from api.access.tokens import TokenRefusedError
from api.core.calendar import date_in_china
from api.core.log import log
from api.http.access_problems import SESSION_OVER, UNKNOWN_SESSION
from api.http.problem_kinds import TOO_MANY_REQUESTS
from api.http.problems import ProblemError
from api.ledger.audit import AuditTransaction
from api.ledger.tables import sessions
from model.policy.controls import Controls, controls_on

#: Rows of sessions that ended are kept for a day.
_KEPT_SECONDS = 24 * 3600
#: Refreshes of one session at once, and per second: a token lasts a quarter of an hour.
_BURST, _PER_SECOND = 10, 0.1


@dataclass(frozen=True)
class Session:
    """One session of an account; times in UTC.

    Attributes
    ----------
    used_at : datetime
        When its tokens were last refreshed.
    ends_at : datetime
        When it ends at the latest.
    """

    session_id: str
    account: str
    started_at: datetime
    used_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Tokens:
    """What a sign-in or a refresh gives.

    Attributes
    ----------
    expires_in, refresh_expires_in : int
        Seconds for which the tokens are good.
    """

    access_token: str
    refresh_token: str
    session_id: str
    expires_in: int
    refresh_expires_in: int


class Sessions:
    """The sessions of a home's accounts."""

    def __init__(
        self, accounts: Accounts, issuer: Issuer, clock: Callable[[], float] = time.time
    ) -> None:
        self._accounts, self._issuer, self._clock = accounts, issuer, clock
        self._limits = RateLimits(_PER_SECOND, _BURST, clock)

    def start(self, account: Account) -> Tokens:
        """Begin a session of `account`, which has just signed in, and return its tokens."""
        now, controls = int(self._clock()), self._controls()
        row = {
            "session_id": str(uuid.uuid4()),
            "account": account.name,
            "version": account.version,
            "generation": 0,
            "started_at": now,
            "used_at": now,
            "ends_at": now + 3600 * controls.session_hours,
            "ended_at": None,
        }
        with self._accounts.writing.begin() as work:
            is_old = sessions.c.ends_at < now - _KEPT_SECONDS
            work.connection.execute(delete(sessions).where(is_old))
            work.connection.execute(insert(sessions).values(row))
        return self._tokens(account, row)

    def refresh(self, refresh_token: str) -> Tokens:
        """Return new tokens for a refresh token, which is good once.

        Raises
        ------
        ProblemError
            400 if the token is not good any more; if it was used before, its session has ended.
        """
        try:
            claims = self._issuer.check_refresh(refresh_token)
        except TokenRefusedError as error:
            raise ProblemError(SESSION_OVER) from error
        if wait := self._limits.wait(claims.session):
            raise ProblemError(TOO_MANY_REQUESTS, headers={"Retry-After": str(int(wait) + 1)})
        account = next(iter(self._accounts.usable(claims.name)), None)
        with self._accounts.writing.begin() as work:
            row = _find(work.connection, claims.session)
            row = self._refreshed(work, row, account, claims)
        if row is None or account is None:
            raise ProblemError(SESSION_OVER)
        return self._tokens(account, row)

    def of(self, name: str) -> list[Session]:
        """Return the sessions of the account `name` that live, latest first."""
        account = self._accounts.find(name)
        with self._accounts.reading.connect() as connection:
            statement = select(sessions).where(sessions.c.account == name)
            rows = connection.execute(statement.order_by(sessions.c.started_at.desc())).mappings()
            return [_session(row) for row in rows if account and self._lives(row, account)]

    def end(self, session_id: str, actor: str, *, of: str | None = None) -> None:
        """End a session, of the account `of` alone if that is given; `actor` did it.

        Raises
        ------
        ProblemError
            404 if there is no such session, exactly as for one of another account.
        """
        with self._accounts.writing.begin() as work:
            row = _find(work.connection, session_id)
            if row is None or of not in (None, row["account"]):
                raise ProblemError(UNKNOWN_SESSION)
            self._end(work, [row], actor, SESSION_ENDED)

    def end_all(self, name: str, actor: str) -> int:
        """End every session of the account `name`; return how many."""
        with self._accounts.writing.begin() as work:
            statement = select(sessions).where(sessions.c.account == name)
            rows = list(work.connection.execute(statement).mappings())
            return self._end(work, rows, actor, SESSION_ENDED)

    def _refreshed(
        self, work: AuditTransaction, row: Any, account: Account | None, claims: RefreshClaims
    ) -> dict[str, Any] | None:
        """Return the row of the refreshed session; None if it is over, or ends by this."""
        if row is None or account is None or row["account"] != account.name:
            return None
        if not self._lives(row, account):
            return None
        if row["generation"] != claims.generation:
            log.warning("refresh token reused", subject=account.name)
            self._end(work, [row], account.name, SESSION_REUSED)
            return None
        changed = {"generation": claims.generation + 1, "used_at": int(self._clock())}
        work.connection.execute(update(sessions).where(_is(claims.session)).values(changed))
        return dict(row) | changed

    def _end(self, work: AuditTransaction, rows: list[Any], actor: str, event: Event) -> int:
        living = [row for row in rows if row["ended_at"] is None]
        for row in living:
            is_this = _is(row["session_id"])
            ended = {"ended_at": int(self._clock())}
            work.connection.execute(update(sessions).where(is_this).values(ended))
        record(work, [AccountEvent(event, r["account"], actor, r["session_id"]) for r in living])
        return len(living)

    def _lives(self, row: Any, account: Account) -> bool:
        now, idle = int(self._clock()), 60 * self._controls().session_idle_minutes
        is_in_time = now < min(row["ends_at"], row["used_at"] + idle)
        is_same = account.is_enabled and row["version"] == account.version
        return row["ended_at"] is None and is_in_time and is_same

    def _tokens(self, account: Account, row: dict[str, Any]) -> Tokens:
        name, session_id, ends_at = account.name, row["session_id"], row["ends_at"]
        idle_at = row["used_at"] + 60 * self._controls().session_idle_minutes
        return Tokens(
            self._issuer.token(account, session_id),
            self._issuer.refresh_token(name, session_id, row["generation"], ends_at),
            session_id,
            TOKEN_SECONDS,
            min(ends_at, idle_at) - int(self._clock()),
        )

    def _controls(self) -> Controls:
        return controls_on(date_in_china(datetime.fromtimestamp(self._clock(), tz=UTC)))


def ended_lately(connection: Connection, now: float) -> frozenset[str]:
    """Return the ended sessions of which access tokens may still be in use."""
    is_late = sessions.c.ended_at > int(now) - TOKEN_SECONDS - 1
    return frozenset(connection.execute(select(sessions.c.session_id).where(is_late)).scalars())


def _find(connection: Connection, session_id: str) -> Any:
    return connection.execute(select(sessions).where(_is(session_id))).mappings().first()


def _is(session_id: str) -> ColumnElement[bool]:
    return sessions.c.session_id == session_id


def _session(row: Any) -> Session:
    moments = {
        name: datetime.fromtimestamp(row[name], tz=UTC)
        for name in ("started_at", "used_at", "ends_at")
    }
    return Session(row["session_id"], row["account"], **moments)
