"""All that one process needs to say who may do what, made from the settings.

From a token to who asks: checked once, known by its digest until it expires.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from fastapi import Request

from api.access.account_cache import AccountCache
from api.access.accounts import Accounts
from api.access.issuer import Issuer, TokenClaims
from api.access.jwks import Jwks
from api.access.limits import RateLimits, source_of
from api.access.oidc import Oidc
from api.access.sign_in import SignIn
from api.access.tokens import TokenRefusedError
from api.core.principal import Principal
from api.core.settings import Settings

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


#: Decisions whose place is remembered: it never changes.
_MOST_DECISIONS = 50_000


class AccessControl:
    """The verifier of tokens, the limits, and, with accounts of our own, the sign-in.

    Attributes
    ----------
    sign_in : SignIn or None
        None where an identity provider keeps the accounts.
    decision_places : mapping of str to str
        Village by decision id, as far as known.
    """

    def __init__(self, settings: Settings) -> None:
        access = settings.access
        self._proxies = access.trusted_proxies
        self._accounts: Accounts | None = None
        self.limits = RateLimits(access.rate_per_second, access.burst)
        self.decision_places: OrderedDict[str, str] = OrderedDict()
        self.sign_in: SignIn | None = None
        self.verifier: Verifier
        if access.oidc:
            self.verifier = OidcVerifier(Oidc(access.oidc, Jwks(access.oidc.jwks)))
        else:
            self._accounts, issuer = Accounts(settings), Issuer(settings.home)
            self.sign_in = SignIn(self._accounts, issuer)
            self.verifier = HomeVerifier(issuer, AccountCache(self._accounts))

    def source(self, request: Request) -> str:
        """Return the address that `request` came from."""
        return source_of(request.scope, self._proxies)

    def remember_place(self, decision_id: str, place_code: str) -> None:
        """Keep the place of a decision for later requests."""
        self.decision_places[decision_id] = place_code
        if len(self.decision_places) > _MOST_DECISIONS:
            self.decision_places.popitem(last=False)

    def close(self) -> None:
        """Let go of the database."""
        if self._accounts:
            self._accounts.close()


async def access_control_of(request: Request) -> AccessControl:
    """Return the access control of the service behind `request`."""
    found: AccessControl = request.app.state.access_control
    return found
