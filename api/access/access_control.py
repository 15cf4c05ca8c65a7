"""Access control of one process: token verification, rate limits and sign-in."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from fastapi import Request

from api.access.account_cache import AccountCache
from api.access.accounts import Accounts
from api.access.code_flow import CodeFlow
from api.access.issuer import Issuer, TokenClaims
from api.access.key_orders import KeyOrders
from api.access.limits import RateLimits, source_of
from api.access.mass_access import MassAccess
from api.access.oidc import Jwks, Oidc
from api.access.orders import Orders
from api.access.provider_sign_in import ProviderSignIns
from api.access.sessions import Sessions
from api.access.sign_in import SignIn
from api.access.tokens import TokenRefusedError
from api.core.principal import Principal
from api.core.settings import Settings
from api.ledger.database import Location

T = TypeVar("T")
#: Most decisions whose village is cached; a decision's village never changes.
_MAX_DECISIONS = 50_000
#: Searches for people: enough for a counter's day, too slow to try out id numbers.
_SEARCHES_PER_SECOND, _SEARCHES_AT_ONCE = 0.5, 30
#: Most verified tokens in memory; the oldest is dropped first.
_MAX_TOKENS = 10_000


class AccessControl:
    """The token verifier, the rate limits and, for accounts of this home, the sign-in.

    Attributes
    ----------
    accounts, sign_in, sessions, orders : Accounts, SignIn, Sessions and Orders, or None
        None where an identity provider manages the accounts.
    code_flow : CodeFlow or None
        The sign-in of browsers at the provider; None where its settings are not set.
    key_orders : KeyOrders
        Orders for whoever holds a signing key.
    searches : RateLimits
        A second, slower limit on searches for people.
    decision_places : mapping of str to str
        Village code by decision id, for decisions seen recently.
    """

    def __init__(self, settings: Settings) -> None:
        access = settings.access
        self._proxies = access.trusted_proxies
        self.accounts: Accounts | None = None
        self._provider: ProviderSignIns | None = None
        self.limits = RateLimits(access.rate_per_second, access.burst)
        self.searches = RateLimits(_SEARCHES_PER_SECOND, _SEARCHES_AT_ONCE)
        self.mass_access = MassAccess()
        self.decision_places: OrderedDict[str, str] = OrderedDict()
        self.sign_in: SignIn | None = None
        self.sessions: Sessions | None = None
        self.orders: Orders | None = None
        self.code_flow: CodeFlow | None = None
        self.key_orders = KeyOrders(Location.of(settings))
        self.verifier: Verifier
        if access.oidc:
            self._provider = ProviderSignIns(settings)
            oidc = Oidc(access.oidc, Jwks(access.oidc.jwks))
            self.verifier = OidcVerifier(oidc, self._provider)
            if client := access.oidc.client:
                self.code_flow = CodeFlow(access.oidc, client, oidc)
        else:
            self.accounts, issuer = Accounts(settings), Issuer(settings.home)
            self.sign_in = SignIn(self.accounts)
            self.sessions = Sessions(self.accounts, issuer)
            self.orders = Orders(self.accounts)
            self.verifier = HomeVerifier(issuer, AccountCache(self.accounts))

    def source(self, request: Request) -> str:
        """Return the address that `request` came from."""
        return source_of(request.scope, self._proxies)

    def remember_place(self, decision_id: str, place_code: str) -> None:
        """Cache the village of a decision for later requests."""
        self.decision_places[decision_id] = place_code
        if len(self.decision_places) > _MAX_DECISIONS:
            self.decision_places.popitem(last=False)

    def close(self) -> None:
        """Close the connections to the database of accounts."""
        self.key_orders.close()
        if self.accounts:
            self.accounts.close()
        if self._provider:
            self._provider.close()
        if self.code_flow:
            self.code_flow.close()


async def access_control_of(request: Request) -> AccessControl:
    """Return the access control of the service behind `request`."""
    access_control: AccessControl = request.app.state.access_control
    return access_control


class Verifier(Protocol):
    """Turns a bearer token into a principal."""

    async def principal(self, token: str) -> Principal:
        """Return the principal that `token` stands for now.

        Raises
        ------
        TokenRefusedError
            If the token is not trusted, expired, or its account may no longer use it.
        """


class HomeVerifier:
    """Tokens of this home: the signature is checked once, the account on every request."""

    def __init__(self, issuer: Issuer, accounts: AccountCache) -> None:
        self._issuer, self._accounts = issuer, accounts
        self._verified: _VerifiedTokens[TokenClaims] = _VerifiedTokens()

    async def principal(self, token: str) -> Principal:
        """Return the account that `token` names, with its present roles; see `Verifier`."""
        claims = self._verified.get(token)
        if claims is None:
            claims = self._issuer.check(token)
            self._verified.add(token, claims, claims.expires)
        account = await self._accounts.account_for(claims)
        if account is None:
            raise TokenRefusedError("withdrawn")
        return replace(account.principal, session=claims.session)


class OidcVerifier:
    """Tokens of the identity provider; when its keys change, every token is verified again."""

    def __init__(self, oidc: Oidc, sign_ins: ProviderSignIns) -> None:
        self._oidc, self._sign_ins = oidc, sign_ins
        self._verified: _VerifiedTokens[Principal] = _VerifiedTokens()
        self._epoch = oidc.keys.epoch

    async def principal(self, token: str) -> Principal:
        """Return the principal that the provider's claims describe; see `Verifier`."""
        await self._oidc.keys.settle()
        if self._epoch != self._oidc.keys.epoch:
            self._verified.clear()
            self._epoch = self._oidc.keys.epoch
        principal = self._verified.get(token)
        if principal is None:
            claimed, expires = await self._oidc.check(token)
            principal = await asyncio.to_thread(self._sign_ins.record, claimed)
            self._verified.add(token, principal, expires)
        return principal


class _VerifiedTokens(Generic[T]):
    """Results of verification by the token's SHA-256, until the token expires."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._results: dict[bytes, tuple[T, float]] = {}

    def get(self, token: str) -> T | None:
        digest = _digest(token)
        entry = self._results.get(digest)
        if entry is None:
            return None
        result, expires = entry
        if self._clock() >= expires:
            self._results.pop(digest, None)
            raise TokenRefusedError("expired")
        return result

    def add(self, token: str, result: T, expires: float) -> None:
        self._results[_digest(token)] = (result, expires)
        if len(self._results) > _MAX_TOKENS:
            self._results.pop(next(iter(self._results)), None)

    def clear(self) -> None:
        self._results.clear()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("ascii")).digest()
