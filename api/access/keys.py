"""The key that signs this home's own tokens: ``<home>/keys/token.pem``, for its owner's eyes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from data.key_files import KeyFile, create, private_pem
from data.published import keys_folder
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
