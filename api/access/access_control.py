"""All that one process needs to say who may do what, made from the settings."""

from __future__ import annotations

from collections import OrderedDict

from fastapi import Request

from api.access.account_cache import AccountCache
from api.access.accounts import Accounts
from api.access.issuer import Issuer
from api.access.jwks import Jwks
from api.access.limits import RateLimits, source_of
from api.access.oidc import Oidc
from api.access.sign_in import SignIn
from api.access.verifier import HomeVerifier, OidcVerifier, Verifier
from api.core.settings import Settings

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
