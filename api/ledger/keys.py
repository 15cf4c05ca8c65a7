"""The keys of the ledger in ``<home>/keys``: made once, readable by the service's account only.

```
vault.key      256 bits, encrypts identities (AES-GCM)
blind.key      256 bits, keys the blind index that finds a member's identity (HMAC-SHA-256)
ledger.pem     Ed25519 private key, signs checkpoints
ledger.pub     its public half, to verify checkpoints elsewhere
```
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from data.storage.key_files import KeyFile, create, private_pem, public_pem
from model.errors import LedgerError

VAULT, BLIND, SEAL, SEAL_PUBLIC = "vault.key", "blind.key", "ledger.pem", "ledger.pub"
_SECRET_BYTES = 32
_REMEDY = (
    "restore it from backup: the ledger has entries, and with a new key the service could neither"
    " read the identities nor continue the seals"
)


@dataclass(frozen=True)
class Keys:
    """The three secrets of one ledger."""

    vault: bytes
    blind: bytes
    seal: Ed25519PrivateKey


def read_keys(folder: Path, *, may_make: bool) -> Keys:
    """Return the keys in `folder`; with `may_make`, for a new ledger, create missing ones.

    Raises
    ------
    LedgerError
        If a key is missing, damaged, or readable by other accounts.
    """
    if may_make:
        _make_missing(folder)
    return Keys(
        vault=_secret(folder / VAULT),
        blind=_secret(folder / BLIND),
        seal=KeyFile(folder / SEAL, LedgerError, _REMEDY).private(),
    )


def public_key(path: Path) -> Ed25519PublicKey:
    """Return the public key that checkpoints are verified with.

    Raises
    ------
    LedgerError
        If the file is missing or not an Ed25519 public key.
    """
    return KeyFile(path, LedgerError, "restore it: checkpoints are verified with it").public()


def _make_missing(folder: Path) -> None:
    for name in (VAULT, BLIND):
        create(folder / name, secrets.token_bytes(_SECRET_BYTES))
    create(folder / SEAL, private_pem(Ed25519PrivateKey.generate()))
    seal = KeyFile(folder / SEAL, LedgerError, _REMEDY).private()
    create(folder / SEAL_PUBLIC, public_pem(seal.public_key()), 0o644)


def _secret(path: Path) -> bytes:
    payload = KeyFile(path, LedgerError, _REMEDY).secret()
    if len(payload) != _SECRET_BYTES:
        raise LedgerError(f"{path}: not a key of {_SECRET_BYTES} bytes; {_REMEDY}")
    return payload
