"""A cache of usable accounts and ended sessions, seconds old, so that a request costs no query."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from time import monotonic, time

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api.access.account import Account
from api.access.accounts import Accounts
from api.access.issuer import TokenClaims
from api.access.sessions import ended_lately
from api.core.log import log
from api.http.problem_kinds import LEDGER_AWAY
from api.http.problems import ProblemError
from model.errors import LedgerError

#: A disabled account's tokens work for this long at most while the database is available.
FRESH_SECONDS = 2.0
#: While the database is away, the cache is used for this long; then every request is refused.
MAX_STALE_SECONDS = 30.0
#: A request waits at most this long for a refresh while the cache is still usable.
_REFRESH_WAIT_SECONDS = 0.25


class AccountCache:
    """All accounts by name, and the sessions that ended lately.

    One refresh runs at a time, and every request that needs it waits.
    """

    def __init__(self, accounts: Accounts, clock: Callable[[], float] = monotonic) -> None:
        self._store, self._clock = accounts, clock
        self._accounts_by_name: Mapping[str, Account] = {}
        self._ended: frozenset[str] = frozenset()
        self._read_at = self._refresh_at = self._read_time = float("-inf")
        self._refreshing: asyncio.Task[None] | None = None

    async def account_for(self, claims: TokenClaims) -> Account | None:
        """Return the account that a token names, if it may use the token now.

        Raises
        ------
        ProblemError
            503 if the database has been away for longer than `MAX_STALE_SECONDS`.
        """
        if self._clock() >= self._refresh_at:
            await self._wait_for_refresh()
        account = self._entitled(claims)
        if account is None and self._read_time <= claims.issued + 1:
            # The token is newer than the cache, and so the account may be.
            await self._wait_for_refresh()
            account = self._entitled(claims)
        return account

    async def _wait_for_refresh(self) -> None:
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self._refresh())
        await asyncio.wait([self._refreshing], timeout=self._refresh_wait())
        if self._clock() - self._read_at > MAX_STALE_SECONDS:
            raise ProblemError(LEDGER_AWAY)

    def _refresh_wait(self) -> float | None:
        stale = self._clock() - self._read_at > MAX_STALE_SECONDS
        return None if stale else _REFRESH_WAIT_SECONDS

    async def _refresh(self) -> None:
        began, now = self._clock(), time()
        try:
            self._accounts_by_name, self._ended = await asyncio.to_thread(self._read)
            self._read_at, self._read_time = began, now
        except (DBAPIError, PoolTimeoutError, OSError, LedgerError) as error:
            log.warning("database away", why=type(error).__qualname__)
        # After a failure too, so that not every request waits for a database that is away.
        self._refresh_at = began + FRESH_SECONDS

    def _read(self) -> tuple[Mapping[str, Account], frozenset[str]]:
        with self._store.reading.connect() as connection:
            ended = ended_lately(connection, time())
        return {account.name: account for account in self._store.usable()}, ended

    def _entitled(self, claims: TokenClaims) -> Account | None:
        account = self._accounts_by_name.get(claims.name)
        if account is None or claims.session in self._ended:
            return None
        is_current = account.is_enabled and account.version == claims.version
        return account if is_current else None
