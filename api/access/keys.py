"""The key that signs this home's own tokens: ``<home>/keys/token.pem``, for its owner's eyes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

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
        _make(path)
    if path.stat().st_mode & 0o077:
        raise AccessError(f"{path}: others may read the token key; run: chmod 600 {path}")
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise AccessError(f"{path}: not a private key; remove it to have a new one made") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise AccessError(f"{path}: not an Ed25519 key; remove it to have a new one made")
    return key


def key_name(key: Ed25519PrivateKey) -> str:
    """Return the ``kid`` of `key`'s public half: 16 hex digits of its SHA-256."""
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(public).hexdigest()[:16]


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    # Created closed and whole: of two workers that start at once, the first one's key stays.
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
