"""The ledger's keys under ``<home>/keys``: made once, readable by the service's account alone.

```
vault.key      256 bits, encrypts identities (AES-GCM)
blind.key      256 bits, keys the blind index that finds a member's identity (HMAC-SHA-256)
ledger.pem     Ed25519 private key, signs checkpoints
ledger.pub     its public half, for whoever verifies elsewhere
```
"""

from __future__ import annotations

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

from model.errors import LedgerError

VAULT, BLIND, SEAL, SEAL_PUBLIC = "vault.key", "blind.key", "ledger.pem", "ledger.pub"
_SECRET_BYTES = 32


@dataclass(frozen=True)
class Keys:
    """The three secrets of one ledger."""

    vault: bytes
    blind: bytes
    seal: Ed25519PrivateKey


def read_keys(folder: Path, *, may_make: bool) -> Keys:
    """Return the keys in `folder`; a new ledger may make its own.

    Raises
    ------
    LedgerError
        If a key is missing for a ledger that has entries, is damaged, or others may read it.
    """
    if may_make:
        _make_missing(folder)
    return Keys(
        vault=_secret(folder / VAULT),
        blind=_secret(folder / BLIND),
        seal=_seal(folder / SEAL),
    )


def public_key(path: Path) -> Ed25519PublicKey:
    """Return the public key that checkpoints are verified with.

    Raises
    ------
    LedgerError
        If the file is missing or no Ed25519 public key.
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise LedgerError(
            f"{path}: no public key to verify checkpoints with; restore it"
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise LedgerError(f"{path}: not an Ed25519 public key; restore the ledger's own")
    return key


def _make_missing(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in (VAULT, BLIND):
        _create(folder / name, secrets.token_bytes(_SECRET_BYTES), 0o600)
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _create(folder / SEAL, pem, 0o600)
    public = _seal(folder / SEAL).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _create(folder / SEAL_PUBLIC, pem, 0o644)


def _create(path: Path, payload: bytes, mode: int) -> None:
    """Write a file that appears whole or not at all, and never replaces one that is there."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(payload)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another worker was first; its key is the one
    finally:
        draft.unlink()


def _secret(path: Path) -> bytes:
    payload = _closed(path)
    if len(payload) != _SECRET_BYTES:
        raise LedgerError(f"{path}: not a key of {_SECRET_BYTES} bytes; restore it from backup")
    return payload


def _seal(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(_closed(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise LedgerError(f"{path}: not a private key; restore it from backup") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise LedgerError(f"{path}: not an Ed25519 private key; restore it from backup")
    return key


def _closed(path: Path) -> bytes:
    try:
        if path.stat().st_mode & 0o077:
            raise LedgerError(f"{path}: others may read this key; run: chmod 600 {path}")
        return path.read_bytes()
    except OSError as error:
        raise LedgerError(
            f"{path}: the ledger has entries but this key is missing or unreadable; restore it from"
            " backup (a new one could neither read the identities nor continue the seals)"
        ) from error
