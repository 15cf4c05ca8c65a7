"""The issuer of one machine: short Ed25519 tokens that name an account and its version.

Roles and places are not in the token: they are read from the account, so that a change holds for
tokens that are out.

The key that signs this home's own tokens: ``<home>/keys/token.pem``, for its owner's eyes.
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

from api.access.accounts import Account
from api.access.tokens import TokenRefusedError, Trust, verify_token
from data.publishing.published_card import keys_folder
from data.storage.key_files import KeyFile, create, private_pem
from model.errors import AccessError

NAME = "token.pem"


def token_key(home: Path) -> Ed25519PrivateKey:
    """Return the key that signs tokens of `home`; make one at first use.

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
    """Return the ``kid`` of `key`'s public half: 16 hex digits of its SHA-256."""
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(public).hexdigest()[:16]


ISSUER, AUDIENCE = "rongzi-e", "rongzi-e-decisions"
#: A stolen token is worth no more than this.
TOKEN_SECONDS = 15 * 60

TRUST = Trust(
    issuer=ISSUER,
    audience=AUDIENCE,
    algorithms=("EdDSA",),
    # RFC 9068: an access token, not an ID token.
    types=frozenset({"at+jwt"}),
    required=("sub", "iat", "nbf", "exp", "jti", "ver"),
    most_seconds=TOKEN_SECONDS,
)


@dataclass(frozen=True)
class TokenClaims:
    """What a checked token of ours says: the account, its version, when made, when it ends."""

    name: str
    version: int
    issued: float
    expires: float


class Issuer:
    """Makes tokens with this home's key, and checks them with its public half."""

    def __init__(self, home: Path, clock: Callable[[], float] = time.time) -> None:
        self._key = token_key(home)
        self._name = key_name(self._key)
        self._clock = clock

    def token(self, account: Account) -> str:
        """Return a token for `account`, good from now on for `TOKEN_SECONDS`."""
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
        """Return what `token` says after every check.

        Raises
        ------
        TokenRefusedError
            If it is not one of ours, or not good now.
        """
        claims = verify_token(token, TRUST, self._key_named)
        if type(claims["ver"]) is not int:
            raise TokenRefusedError("version")
        return TokenClaims(claims["sub"], claims["ver"], float(claims["iat"]), float(claims["exp"]))

    def _key_named(self, name: str | None) -> Ed25519PublicKey | None:
        return self._key.public_key() if name == self._name else None
