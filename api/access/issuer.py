"""The issuer of this home's tokens, signed with the key in ``keys/token.pem``.

An access token names an account, its version and a session. Roles and places are read from the
account on each request, so that a change applies to tokens already issued. A refresh token names a
session and how often it was refreshed; it opens nothing but the next pair of tokens.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.access.account import Account
from api.access.tokens import MAX_TOKEN_CHARACTERS, TokenRefusedError, Trust, verify_token
from data.publishing.signing import keys_folder
from data.storage.key_files import KeyFile, create, private_pem
from model.errors import AccessError
from model.policy.controls import MOST_SESSION_HOURS

NAME = "token.pem"
ISSUER, AUDIENCE, SESSION_AUDIENCE = "rongzi-e", "rongzi-e-decisions", "rongzi-e-sessions"
#: Life of a token, which limits the use of a stolen one.
TOKEN_SECONDS = 15 * 60

TRUST = Trust(
    issuer=ISSUER,
    audience=AUDIENCE,
    algorithms=("EdDSA",),
    # RFC 9068: an access token, not an ID token.
    types=frozenset({"at+jwt"}),
    required=("sub", "iat", "nbf", "exp", "jti", "ver"),
    max_seconds=TOKEN_SECONDS,
)
#: Refresh tokens: another audience and type, so that neither kind of token stands for the other.
REFRESH_TRUST = Trust(
    issuer=ISSUER,
    audience=SESSION_AUDIENCE,
    algorithms=("EdDSA",),
    types=frozenset({"rt+jwt"}),
    required=("sub", "iat", "exp", "jti", "sid", "gen"),
    max_seconds=MOST_SESSION_HOURS * 3600,
)


@dataclass(frozen=True)
class TokenClaims:
    """Claims of a verified token: account, account version, times of issue and expiry, session."""

    name: str
    version: int
    issued: float
    expires: float
    session: str | None = None


@dataclass(frozen=True)
class RefreshClaims:
    """Claims of a verified refresh token: account, session, and how often it was refreshed."""

    name: str
    session: str
    generation: int


class Issuer:
    """Signs tokens with this home's key and verifies them with its public key."""

    def __init__(self, home: Path, clock: Callable[[], float] = time.time) -> None:
        self._key = token_key(home)
        self._name = key_name(self._key)
        self._clock = clock

    def token(self, account: Account, session: str | None = None) -> str:
        """Return a token for `account` that is valid for `TOKEN_SECONDS`, or while `session` is."""
        now = int(self._clock())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": account.name,
            "ver": account.version,
            "iat": now,
            "nbf": now,
            "exp": now + TOKEN_SECONDS,
            "jti": str(uuid.uuid4()),
        }
        return self._signed("at+jwt", claims | ({"sid": session} if session else {}))

    def refresh_token(self, name: str, session: str, generation: int, ends_at: int) -> str:
        """Return the refresh token of a session, valid until `ends_at`, in seconds since 1970."""
        claims = {
            "iss": ISSUER,
            "aud": SESSION_AUDIENCE,
            "sub": name,
            "sid": session,
            "gen": generation,
            "iat": int(self._clock()),
            "exp": ends_at,
            "jti": str(uuid.uuid4()),
        }
        return self._signed("rt+jwt", claims)

    def check(self, token: str) -> TokenClaims:
        """Verify `token` and return its claims.

        Raises
        ------
        TokenRefusedError
            If this home did not issue it, or it is not valid now.
        """
        claims = verify_token(token, TRUST, self._key_by_id)
        session = claims.get("sid")
        if type(claims["ver"]) is not int or not isinstance(session, str | None):
            raise TokenRefusedError("version")
        issued, expires = float(claims["iat"]), float(claims["exp"])
        return TokenClaims(claims["sub"], claims["ver"], issued, expires, session)

    def check_refresh(self, token: str) -> RefreshClaims:
        """Verify a refresh token and return its claims; whether its session lives is not known yet.

        Raises
        ------
        TokenRefusedError
            If this home did not issue it, or it has expired.
        """
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise TokenRefusedError("size")
        claims = verify_token(token, REFRESH_TRUST, self._key_by_id)
        if type(claims["gen"]) is not int or not isinstance(claims["sid"], str):
            raise TokenRefusedError("session")
        return RefreshClaims(claims["sub"], claims["sid"], claims["gen"])

    def _signed(self, kind: str, claims: dict[str, Any]) -> str:
        headers = {"typ": kind, "kid": self._name}
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers=headers)

    def _key_by_id(self, name: str | None) -> Ed25519PublicKey | None:
        return self._key.public_key() if name == self._name else None


def token_key(home: Path) -> Ed25519PrivateKey:
    """Return the key that signs tokens of `home`; create one at first use.

    Removing the file and restarting ends every session.

    Raises
    ------
    AccessError
        If the file is not an Ed25519 private key, or others on the machine may read it.
    """
    path = keys_folder(home) / NAME
    if not path.exists():
        create(path, private_pem(Ed25519PrivateKey.generate()))
    return KeyFile(path, AccessError, "remove it to have a new one made").private()


def key_name(key: Ed25519PrivateKey) -> str:
    """Return the ``kid`` of `key`'s public key: 16 hex digits of its SHA-256."""
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(public).hexdigest()[:16]
