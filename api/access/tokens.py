"""Verification of bearer tokens (RFC 7519, RFC 8725), the same for every issuer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

#: A longer token is refused before it is parsed.
MAX_TOKEN_CHARACTERS = 8 * 1024


class TokenRefusedError(Exception):
    """The token is not trusted. The caller never sees the reason, which contains no input."""


@dataclass(frozen=True)
class Trust:
    """What a trusted token must claim.

    Attributes
    ----------
    issuer, audience : str
        ``iss`` and one of ``aud``, exactly.
    algorithms : tuple of str
        The only signatures accepted, whatever the token's header names; all asymmetric.
    types : frozenset of str
        Accepted ``typ`` of the header, in lower case; an ID token or another JWT is refused.
    required : tuple of str
        Claims that a token must have.
    max_seconds : int
        Longest life, ``exp`` − ``iat``: PyJWT alone accepts an expiry in the year 10²².
    leeway : int
        Seconds by which the issuer's clock may differ from this machine's.
    """

    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    types: frozenset[str]
    required: tuple[str, ...]
    max_seconds: int
    leeway: int = 0


def verify_token(
    token: str, trust: Trust, key_by_id: Callable[[str | None], Any]
) -> Mapping[str, Any]:
    """Verify `token` and return its claims.

    Parameters
    ----------
    key_by_id
        Returns the public key of a ``kid``, or None; the id is never used as a path or an address.

    Raises
    ------
    TokenRefusedError
        If any check fails.
    """
    try:
        header = jwt.get_unverified_header(token)
        _refuse_header(header, trust)
        key = key_by_id(header.get("kid"))
        if key is None:
            raise TokenRefusedError("unknown key")
        claims = jwt.decode(
            token,
            key,
            algorithms=trust.algorithms,
            audience=trust.audience,
            issuer=trust.issuer,
            leeway=trust.leeway,
            options={"require": list(trust.required)},
        )
        _refuse_long_life(claims, trust)
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise TokenRefusedError(type(error).__name__) from error
    return claims


def _refuse_header(header: Mapping[str, Any], trust: Trust) -> None:
    if header.get("alg") not in trust.algorithms:
        raise TokenRefusedError("algorithm")
    if str(header.get("typ", "")).lower() not in trust.types:
        raise TokenRefusedError("type")
    if "crit" in header:
        raise TokenRefusedError("critical extension")


def _refuse_long_life(claims: Mapping[str, Any], trust: Trust) -> None:
    if not 0 < float(claims["exp"]) - float(claims["iat"]) <= trust.max_seconds:
        raise TokenRefusedError("life")
