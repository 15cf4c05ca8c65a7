"""The issuer of this home's tokens: short-lived, signed with the key in ``keys/token.pem``.

A token names an account and its version. Roles and places are read from the account on each
request, so that a change applies to tokens already issued.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.access.account import Account
from api.access.tokens import TokenRefusedError, Trust, verify_token
from data.publishing.signing import keys_folder
from data.storage.key_files import KeyFile, create, private_pem
from model.errors import AccessError

NAME = "token.pem"
ISSUER, AUDIENCE = "rongzi-e", "rongzi-e-decisions"
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


@dataclass(frozen=True)
class TokenClaims:
    """Claims of a verified token: account, account version, times of issue and expiry."""

    name: str
    version: int
    issued: float
    expires: float


class Issuer:
    """Signs tokens with this home's key and verifies them with its public key."""

    def __init__(self, home: Path, clock: Callable[[], float] = time.time) -> None:
        self._key = token_key(home)
        self._name = key_name(self._key)
        self._clock = clock

    def token(self, account: Account) -> str:
        """Return a token for `account` that is valid for `TOKEN_SECONDS`."""
        now = int(self._clock())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": account.name,
            "ver": account.version,
            "iat": now,
            "nbf": now,
            "exp": now + TOKEN_SECONDS,
            "jti": str(uuid.uuid4()),
        }
        headers = {"typ": "at+jwt", "kid": self._name}
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers=headers)

    def check(self, token: str) -> TokenClaims:
        """Verify `token` and return its claims.

        Raises
        ------
        TokenRefusedError
            If this home did not issue it, or it is not valid now.
        """
        claims = verify_token(token, TRUST, self._key_by_id)
        if type(claims["ver"]) is not int:
            raise TokenRefusedError("version")
        return TokenClaims(claims["sub"], claims["ver"], float(claims["iat"]), float(claims["exp"]))

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
