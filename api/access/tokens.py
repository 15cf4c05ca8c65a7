"""Whether a bearer token (RFC 7519, RFC 8725) is one that we trust; who made it does not matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

#: A token longer than this is refused unread.
MOST_TOKEN_CHARACTERS = 8 * 1024


class TokenRefusedError(Exception):
    """The token is not trusted. Why is nobody's business but ours: the message holds no input."""


@dataclass(frozen=True)
class Trust:
    """What a trusted token must say of itself.

    Attributes
    ----------
    issuer, audience : str
        ``iss`` and one of ``aud``, exactly.
    algorithms : tuple of str
        The only signatures taken, whatever the token's header asks for; all asymmetric.
    types : frozenset of str
        ``typ`` of the header, in lower case: an ID token or another kind of JWT is refused.
    required : tuple of str
        Claims without which a token is refused.
    most_seconds : int
        Longest life, ``exp`` − ``iat``: PyJWT alone takes an expiry in the year 10²².
    leeway : int
        Seconds by which the issuer's clock may differ from ours.
    """

    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    types: frozenset[str]
    required: tuple[str, ...]
    most_seconds: int
    leeway: int = 0


def verify_token(
    token: str, trust: Trust, key_named: Callable[[str | None], Any]
) -> Mapping[str, Any]:
    """Return the claims of `token` after every check.

    Parameters
    ----------
    key_named
        Gives the public key of a ``kid``, or None; the name is looked up, never opened or fetched.

    Raises
    ------
    TokenRefusedError
        If any check fails.
    """
    try:
        header = jwt.get_unverified_header(token)
        _refuse_header(header, trust)
        key = key_named(header.get("kid"))
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
    if not 0 < float(claims["exp"]) - float(claims["iat"]) <= trust.most_seconds:
        raise TokenRefusedError("life")
