"""Tokens of an identity provider (OpenID Connect), whose claims give roles and places."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import jwt

from api.access.jwks import RETRY_SECONDS, Jwks
from api.access.tokens import TokenRefusedError, Trust, verify_token
from api.core.principal import PLACE, Principal
from api.core.settings import OidcSettings
from api.http.problem_kinds import PROVIDER_AWAY
from api.http.problems import ProblemError

#: The claim value for all places.
EVERYWHERE = "*"
#: Allowed difference between the clocks of provider and service.
_LEEWAY_SECONDS = 30
# The subject is written to the ledger and the log: no space, no control character, bounded length.
_SUBJECT = re.compile(r"[\x21-\x7e]{1,128}")


class Oidc:
    """Verifies tokens of one provider."""

    def __init__(self, settings: OidcSettings, keys: Jwks) -> None:
        self._settings, self.keys = settings, keys
        self._trust = Trust(
            issuer=settings.issuer,
            audience=settings.audience,
            algorithms=settings.algorithms,
            types=frozenset({"at+jwt", "application/at+jwt", "jwt"}),
            required=("sub", "iat", "exp"),
            max_seconds=settings.max_seconds,
            leeway=_LEEWAY_SECONDS,
        )

    async def check(self, token: str) -> tuple[Principal, float]:
        """Verify `token` and return its principal and its time of expiry.

        Raises
        ------
        TokenRefusedError
            If another provider issued it, it is for another service, or it is not valid now.
        ProblemError
            503 if the provider is away and none of its keys is known.
        """
        await self.keys.settle(_key_name(token))
        if self.keys.is_away:
            raise ProblemError(PROVIDER_AWAY, headers={"Retry-After": str(int(RETRY_SECONDS) + 1)})
        claims = verify_token(token, self._trust, self.keys.key_by_id)
        return principal(claims, self._settings), float(claims["exp"])


def principal(claims: Mapping[str, Any], settings: OidcSettings) -> Principal:
    """Return the principal that `claims` describe; unknown roles and places are left out.

    Raises
    ------
    TokenRefusedError
        If the subject has characters or a length that the ledger does not accept.
    """
    if not _SUBJECT.fullmatch(claims["sub"]):
        raise TokenRefusedError("subject")
    names = _listed(claims, settings.roles_claim)
    roles = {settings.role_names[name] for name in names if name in settings.role_names}
    codes = _listed(claims, settings.places_claim)
    places = {"" if code == EVERYWHERE else code for code in codes if code}
    return Principal(
        claims["sub"],
        frozenset(roles),
        tuple(sorted(place for place in places if PLACE.fullmatch(place))),
    )


def _listed(claims: Mapping[str, Any], path: str) -> list[str]:
    value: Any = claims
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return value.replace(",", " ").split()
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _key_name(token: str) -> str | None:
    try:
        name = jwt.get_unverified_header(token).get("kid")
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return None
    return name if isinstance(name, str) else None
