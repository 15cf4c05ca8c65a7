"""Renewing a session: new tokens for a refresh token, once for all requests that bring it.

A refresh token is good once, and a second use ends the session. A browser may send several requests
before it has the cookies of the first answer, so each of them gets the same new tokens.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from api.access.schemas import TokenShape
from api.console.calls import Calls, RefusedError

#: A browser that has not received its cookies by then signs in again.
_KEPT_SECONDS = 60.0
_MAX_KEPT = 10_000
_Renewing = asyncio.Task[TokenShape | None]


class Renewals:
    """Renewals of this process, under way or just done, by the digest of the refresh token."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._begun: OrderedDict[bytes, tuple[float, _Renewing]] = OrderedDict()

    async def renew(self, calls: Calls, refresh_token: str) -> TokenShape | None:
        """Return new tokens for `refresh_token`; None if the session is over."""
        self._forget()
        digest = hashlib.sha256(refresh_token.encode()).digest()
        if digest not in self._begun:
            task = asyncio.create_task(_renewed(calls, refresh_token))
            self._begun[digest] = self._clock(), task
        # A request that is given up must not take the tokens from the others.
        return await asyncio.shield(self._begun[digest][1])

    def _forget(self) -> None:
        oldest = self._clock() - _KEPT_SECONDS
        while self._begun:
            digest, (at, _) = next(iter(self._begun.items()))
            if at > oldest and len(self._begun) < _MAX_KEPT:
                return
            del self._begun[digest]


async def _renewed(calls: Calls, refresh_token: str) -> TokenShape | None:
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    try:
        return await calls.post_form("post_token", TokenShape, form)
    except RefusedError as refusal:
        if refusal.status < 500:
            return None
        raise
