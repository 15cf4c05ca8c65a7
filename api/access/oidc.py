"""Tokens of an identity provider (OpenID Connect), its claims read as roles and places."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import jwt

from api.access.jwks import LEAST_SECONDS, Jwks
from api.access.tokens import TokenRefusedError, Trust, verify_token
from api.core.principal import PLACE, Principal
from api.core.settings import OidcSettings
from api.http.problem_kinds import PROVIDER_AWAY
from api.http.problems import ProblemError

#: What a claim says for "all places".
EVERYWHERE = "*"
#: The clocks of two machines may differ by so much.
_LEEWAY_SECONDS = 30
# Goes into the ledger and the log, so no blank, no control character, no more than they take.
_SUBJECT = re.compile(r"[\x21-\x7e]{1,128}")


class Oidc:
    """Checks tokens of one provider."""

    def __init__(self, settings: OidcSettings, keys: Jwks) -> None:
        self._settings, self.keys = settings, keys
        self._trust = Trust(
            issuer=settings.issuer,
            audience=settings.audience,
            algorithms=settings.algorithms,
            types=frozenset({"at+jwt", "application/at+jwt", "jwt"}),
            required=("sub", "iat", "exp"),
            most_seconds=settings.max_seconds,
            leeway=_LEEWAY_SECONDS,
        )

    async def check(self, token: str) -> tuple[Principal, float]:
        """Return who `token` speaks for, and when it ends.

        Raises
        ------
        TokenRefusedError
            If it is not the provider's, not for us, or not good now.
        ProblemError
            503 if the provider is away and none of its keys is known.
        """
        await self.keys.settle(_key_name(token))
        if self.keys.is_away:
            raise ProblemError(PROVIDER_AWAY, headers={"Retry-After": str(int(LEAST_SECONDS) + 1)})
        claims = verify_token(token, self._trust, self.keys.named)
        return principal(claims, self._settings), float(claims["exp"])


def principal(claims: Mapping[str, Any], settings: OidcSettings) -> Principal:
    """Return the caller that `claims` describe; roles and places nobody knows are left out.

    Raises
    ------
    TokenRefusedError
        If the subject cannot be written down.
    """
    if not _SUBJECT.fullmatch(claims["sub"]):
        raise TokenRefusedError("subject")
    named = _listed(claims, settings.roles_claim)
    roles = {settings.role_names[name] for name in named if name in settings.role_names}
    codes = _listed(claims, settings.places_claim)
    places = {"" if code == EVERYWHERE else code for code in codes if code}
    return Principal(
        claims["sub"],
        frozenset(roles),
        tuple(sorted(place for place in places if PLACE.fullmatch(place))),
    )


def _listed(claims: Mapping[str, Any], path: str) -> list[str]:
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return found.replace(",", " ").split()
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _key_name(token: str) -> str | None:
    try:
        name = jwt.get_unverified_header(token).get("kid")
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return None
    return name if isinstance(name, str) else None
