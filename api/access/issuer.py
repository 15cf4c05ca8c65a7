"""The issuer of one machine: short Ed25519 tokens for the accounts of this home."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from api.access.keys import key_name, token_key
from api.access.principal import Principal
from api.access.token_check import Trust

ISSUER, AUDIENCE = "rongzi-e", "rongzi-e-decisions"
#: A stolen token is worth no more than this.
TOKEN_SECONDS = 15 * 60

TRUST = Trust(
    issuer=ISSUER,
    audience=AUDIENCE,
    algorithms=("EdDSA",),
    # RFC 9068: an access token, not an ID token.
    types=frozenset({"at+jwt"}),
    required=("sub", "iat", "nbf", "exp", "jti"),
    most_seconds=TOKEN_SECONDS,
)


class Issuer:
    """Makes tokens with this home's key, and knows that key's public half."""

    def __init__(self, home: Path) -> None:
        self._key = token_key(home)
        self._name = key_name(self._key)

    def token(self, principal: Principal) -> str:
        """Return a token for `principal`, good from now on for `TOKEN_SECONDS`."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": principal.subject,
            "roles": sorted(principal.roles),
            "places": list(principal.places),
            "iat": now,
            "nbf": now,
            "exp": now + TOKEN_SECONDS,
            "jti": str(uuid.uuid4()),
        }
        return jwt.encode(
            claims, self._key, algorithm="EdDSA", headers={"typ": "at+jwt", "kid": self._name}
        )

    def key_named(self, name: str | None) -> Ed25519PublicKey | None:
        """Return the public key if `name` is its ``kid``."""
        return self._key.public_key() if name == self._name else None

    def principal(self, claims: Any) -> Principal:
        """Return who a checked token of this issuer speaks for."""
        return Principal(claims["sub"], frozenset(claims["roles"]), tuple(claims["places"]))
