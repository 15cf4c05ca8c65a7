"""Key files: created atomically with closed permissions, read only if no one else can read them."""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from model.errors import RongziError


@dataclass(frozen=True)
class KeyFile:
    """The file of one key; the caller chooses the error and the remedy.

    Attributes
    ----------
    error : type of RongziError
        Raised if the key cannot be used.
    remedy : str
        What to do, at the end of the message.
    """

    path: Path
    error: type[RongziError]
    remedy: str

    def secret(self) -> bytes:
        """Return the bytes of a key that only its owner may read."""
        try:
            if self.path.stat().st_mode & 0o077:
                raise self.error(
                    f"{self.path}: other users can read this key; run: chmod 600 {self.path}"
                )
            return self.path.read_bytes()
        except OSError as error:
            raise self.error(
                f"{self.path}: this key is missing or unreadable; {self.remedy}"
            ) from error

    def private(self) -> Ed25519PrivateKey:
        """Return a private key."""
        try:
            key = load_pem_private_key(self.secret(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise self.error(f"{self.path}: not a private key; {self.remedy}") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise self.error(f"{self.path}: not an Ed25519 private key; {self.remedy}")
        return key

    def public(self) -> Ed25519PublicKey:
        """Return a public key; its file may be readable by all."""
        try:
            key = load_pem_public_key(self.path.read_bytes())
        except (OSError, ValueError, UnsupportedAlgorithm) as error:
            raise self.error(f"{self.path}: not a public key; {self.remedy}") from error
        if not isinstance(key, Ed25519PublicKey):
            raise self.error(f"{self.path}: not an Ed25519 public key; {self.remedy}")
        return key


def create(path: Path, payload: bytes, mode: int = 0o600) -> None:
    """Create a file atomically; an existing file is never replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    # Create with the final mode, so that no one can read the file before it is set.
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(payload)
        file.flush()
        os.fsync(file.fileno())
    # If two processes create the key at once, the first one wins.
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()


def private_pem(key: Ed25519PrivateKey) -> bytes:
    """Return a private key as PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(key: Ed25519PublicKey) -> bytes:
    """Return a public key as PEM."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
