"""The accounts in memory, never older than seconds: what a request costs no query for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from time import monotonic, time

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api.access.accounts import Account, Accounts
from api.access.issuer import TokenClaims
from api.core.log import log
from api.http.problem_kinds import LEDGER_AWAY
from api.http.problems import ProblemError

#: A disabled account's tokens work for this long at most while the database is there.
FRESH_SECONDS = 2.0
#: With the database away, accounts are believed as last seen for this long, then nobody is.
MOST_STALE_SECONDS = 30.0
#: A request waits no longer than this for a fresh look while an old one will do.
_PATIENCE_SECONDS = 0.25


class AccountCache:
    """Every account as of a moment ago; one look at a time, shared by all who wait for it."""

    def __init__(self, accounts: Accounts, clock: Callable[[], float] = monotonic) -> None:
        self._accounts, self._clock = accounts, clock
        self._known: Mapping[str, Account] = {}
        self._seen_at = self._next_at = self._seen_time = float("-inf")
        self._looking: asyncio.Task[None] | None = None

    async def holder(self, held: TokenClaims) -> Account | None:
        """Return the account that holds a token, if it may use it now.

        Raises
        ------
        ProblemError
            503 if the database has been away for longer than `MOST_STALE_SECONDS`.
        """
        if self._clock() >= self._next_at:
            await self._look()
        found = _entitled(self._known, held)
        if found is None and self._seen_time <= held.issued + 1:
            # The token is younger than our last look, and so its account may be.
            await self._look()
            found = _entitled(self._known, held)
        return found

    async def _look(self) -> None:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._refresh())
        await asyncio.wait([self._looking], timeout=self._patience())
        if self._clock() - self._seen_at > MOST_STALE_SECONDS:
            raise ProblemError(LEDGER_AWAY)

    def _patience(self) -> float | None:
        stale = self._clock() - self._seen_at > MOST_STALE_SECONDS
        return None if stale else _PATIENCE_SECONDS

    async def _refresh(self) -> None:
        began, now = self._clock(), time()
        try:
            self._known = await asyncio.to_thread(self._read)
            self._seen_at, self._seen_time = began, now
        except (DBAPIError, PoolTimeoutError, OSError) as error:
            log.warning("database away", why=type(error).__qualname__)
        # After a failure too: not every request shall wait for a database that is away.
        self._next_at = began + FRESH_SECONDS

    def _read(self) -> Mapping[str, Account]:
        return {account.name: account for account in self._accounts.all()}


def _entitled(known: Mapping[str, Account], held: TokenClaims) -> Account | None:
    found = known.get(held.name)
    return found if found and found.is_enabled and found.version == held.version else None
