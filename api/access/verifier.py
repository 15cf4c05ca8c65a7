"""From a token to who asks: checked once, known by its digest until it expires."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from api.access.account_cache import AccountCache
from api.access.issuer import Issuer, TokenClaims
from api.access.oidc import Oidc
from api.access.tokens import TokenRefusedError
from api.core.principal import Principal

T = TypeVar("T")
#: Tokens kept in memory; the oldest make room.
_MOST_KEPT = 10_000


class Verifier(Protocol):
    """Says who a token speaks for."""

    async def principal(self, token: str) -> Principal:
        """Return who `token` speaks for now.

        Raises
        ------
        TokenRefusedError
            If it is not trusted, or no longer.
        """


class _Kept(Generic[T]):
    """What was found out about tokens, by SHA-256, until they expire."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._kept: dict[bytes, tuple[T, float]] = {}

    def get(self, token: str) -> T | None:
        digest = _digest(token)
        found = self._kept.get(digest)
        if found is None:
            return None
        if self._clock() >= found[1]:
            self._kept.pop(digest, None)
            raise TokenRefusedError("expired")
        return found[0]

    def keep(self, token: str, found: T, expires: float) -> T:
        self._kept[_digest(token)] = (found, expires)
        if len(self._kept) > _MOST_KEPT:
            self._kept.pop(next(iter(self._kept)), None)
        return found

    def forget(self) -> None:
        self._kept.clear()


class HomeVerifier:
    """Tokens of this home: the signature is remembered, the account is asked every time."""

    def __init__(self, issuer: Issuer, roster: AccountCache) -> None:
        self._issuer, self._roster = issuer, roster
        self._kept: _Kept[TokenClaims] = _Kept()

    async def principal(self, token: str) -> Principal:
        """Return the account that `token` names, as it may do now; see `Verifier`."""
        held = self._kept.get(token)
        if held is None:
            held = self._issuer.check(token)
            self._kept.keep(token, held, held.expires)
        account = await self._roster.holder(held)
        if account is None:
            raise TokenRefusedError("withdrawn")
        return account.principal


class OidcVerifier:
    """Tokens of the identity provider; a change of its keys makes all be checked again."""

    def __init__(self, oidc: Oidc) -> None:
        self._oidc = oidc
        self._kept: _Kept[Principal] = _Kept()
        self._epoch = oidc.keys.epoch

    async def principal(self, token: str) -> Principal:
        """Return whom the provider's claims describe; see `Verifier`."""
        await self._oidc.keys.settle()
        if self._epoch != self._oidc.keys.epoch:
            self._kept.forget()
            self._epoch = self._oidc.keys.epoch
        found = self._kept.get(token)
        if found is None:
            found, expires = await self._oidc.check(token)
            self._kept.keep(token, found, expires)
        return found


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("ascii")).digest()
