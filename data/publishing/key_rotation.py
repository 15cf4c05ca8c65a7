"""Rotation of a signing key with overlap: the new key signs, the old one stays trusted for a while.

1. `rotate`: a new key is made and trusted, and signs from now on. What the old key signed is still
   accepted.
2. Publish and promote as usual, until nothing in use is signed by the old key.
3. `retire`: the old key is no longer trusted, and its private half is removed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from data.publishing.signing import (
    SETTINGS,
    Purpose,
    key_place,
    signing_key,
    trust,
    trusted_folder,
    trusted_keys,
)
from data.storage.key_files import create, private_pem
from model.card.card_file import key_id
from model.errors import CardError


@dataclass(frozen=True)
class TrustedKey:
    """A trusted key: its id, and whether it is the one that signs here."""

    id: str
    signs: bool


def keys_of(home: Path, purpose: Purpose) -> list[TrustedKey]:
    """Return the keys trusted for `purpose`; none signs here if no private key can be read."""
    try:
        signs = key_id(signing_key(home, purpose).public_key()) if _has_key(home, purpose) else None
    except CardError:
        signs = None
    ids = [key_id(key) for key in trusted_keys(home, purpose)]
    return [TrustedKey(name, name == signs) for name in ids]


def rotate(home: Path, purpose: Purpose) -> tuple[str, str]:
    """Make, trust and use a new key for `purpose`; return the ids of the old and the new key.

    The old private key stays beside the new one until it is retired.

    Raises
    ------
    CardError
        If the key is in a token, where its owner makes the new one; then `trust` its public half.
    """
    place = key_place(home, purpose)
    if place.startswith("command:"):
        raise CardError(
            f"{place}: make the new key where this program keeps it, run rongzi keys trust"
            f" {purpose} FILE with its public half, then let {SETTINGS[purpose]} name it"
        )
    path, old = Path(place), key_id(signing_key(home, purpose).public_key())
    key = Ed25519PrivateKey.generate()
    new = key_id(key.public_key())
    draft = path.with_name(f"{path.name}.{new}")
    create(draft, private_pem(key))
    # Trust the new key before it signs anything.
    trust(home, purpose, key.public_key())
    _aside(path, old).hardlink_to(path)
    draft.replace(path)
    return old, new


def retire(home: Path, purpose: Purpose, name: str, in_use: Collection[str]) -> None:
    """Stop trusting the key `name`, and remove its private half if it lies here.

    Parameters
    ----------
    in_use
        Ids of the keys that signed what the service uses now.

    Raises
    ------
    CardError
        If the key is not trusted, signs here, or signed something in use.
    """
    keys = {key.id: key for key in keys_of(home, purpose)}
    if name not in keys:
        raise CardError(f"{name}: not a key that is trusted for {purpose}s; see rongzi keys list")
    if keys[name].signs:
        raise CardError(f"{name}: signs here; run rongzi keys rotate {purpose} first")
    if name in in_use:
        raise CardError(
            f"{name}: signed the {purpose} in use; publish one that the new key signs first"
        )
    (trusted_folder(home, purpose) / f"{name}.pem").unlink()
    _aside(Path(key_place(home, purpose)), name).unlink(missing_ok=True)


def _has_key(home: Path, purpose: Purpose) -> bool:
    place = key_place(home, purpose)
    return place.startswith("command:") or Path(place).exists()


def _aside(path: Path, name: str) -> Path:
    return path.with_name(f"{path.stem}-{name}{path.suffix}")
