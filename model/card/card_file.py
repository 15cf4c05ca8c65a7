"""The card on disk, verified byte by byte before it is parsed.

A card folder holds ``card.json`` (canonical JSON, RFC 8785) and ``card.manifest``, a few fixed
lines: the format, the SHA-256 of the JSON's bytes and, once promoted, who approved it, when, which
key signed, and an Ed25519 signature (RFC 8032) over all the lines above it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from model.card.card_json import card_from_json, card_to_json
from model.card.scorecard import FORMATS, Card
from model.errors import CardError, GivenError

CARD = "card.json"
MANIFEST = "card.manifest"
#: A card of 500 attributes with pairs stays under 4 MB; more is not a card.
MAX_BYTES = 16 * 1024 * 1024
_MAX_MANIFEST_BYTES = 4096

_MANIFEST = re.compile(
    r"format (?P<format>[^\n]{1,40})\n"
    r"sha256 (?P<digest>[0-9a-f]{64})\n"
    r"(?:approved-by (?P<approved_by>[^\n]{1,200})\n"
    r"approved-at (?P<approved_at>[^\n]{1,40})\n"
    r"key (?P<key>[0-9a-f]{16})\n"
    r"signature (?P<signature>[A-Za-z0-9+/=]{88})\n)?"
)


@dataclass(frozen=True)
class CardFile:
    """A verified card with its digest and, once promoted, its approval."""

    card: Card
    digest: str
    approved_by: str | None
    approved_at: str | None


class SigningKey(Protocol):
    """An Ed25519 key that signs: in memory, or behind a program that holds it."""

    def public_key(self) -> Ed25519PublicKey:
        """Return its public half."""

    def sign(self, data: bytes, /) -> bytes:
        """Return the signature of `data`."""


def key_id(key: Ed25519PublicKey) -> str:
    """Return the short name of a public key: the first 16 hex digits of its SHA-256."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


def write_card(folder: Path, card: Card) -> str:
    """Write an unsigned card to `folder` and return its digest."""
    folder.mkdir(parents=True, exist_ok=True)
    payload = card_to_json(card)
    digest = hashlib.sha256(payload).hexdigest()
    _replace(folder / CARD, payload)
    _replace(folder / MANIFEST, f"format {card.format}\nsha256 {digest}\n".encode())
    return digest


def sign_card(folder: Path, key: SigningKey, approved_by: str, approved_at: datetime) -> CardFile:
    """Sign the card in `folder`, after verifying its bytes, and return it.

    Raises
    ------
    CardError
        If the card is damaged, or the approver's name is empty or spans lines.
    """
    file = read_card(folder)
    if not approved_by.strip() or not approved_by.isprintable() or len(approved_by) > 200:
        raise GivenError("the approver's name must be one printable line of at most 200 characters")
    statement = (
        f"format {file.card.format}\nsha256 {file.digest}\napproved-by {approved_by.strip()}\n"
        f"approved-at {approved_at.isoformat(timespec='seconds')}\nkey {key_id(key.public_key())}\n"
    ).encode()
    signature = base64.b64encode(key.sign(statement)).decode()
    _replace(folder / MANIFEST, statement + f"signature {signature}\n".encode())
    return read_card(folder, [key.public_key()])


def read_card(folder: Path, trusted: Iterable[Ed25519PublicKey] | None = None) -> CardFile:
    """Read the card in `folder`; with `trusted` keys, only if one of them signed it.

    The version, signature and digest are checked on bytes, before anything is parsed.

    Raises
    ------
    CardError
        If a file is missing, the version unknown, the signature absent or wrong, or a byte differs.
    """
    manifest = _read(folder / MANIFEST, _MAX_MANIFEST_BYTES)
    payload = _read(folder / CARD, MAX_BYTES)
    fields = _MANIFEST.fullmatch(manifest.decode("utf-8", errors="replace"))
    if not fields:
        raise CardError(f"{folder / MANIFEST}: not a card manifest; promote the card again")
    if fields["format"] not in FORMATS:
        known = " and ".join(FORMATS)
        raise CardError(
            f"{folder / MANIFEST}: format {fields['format']!r} is unknown to this version,"
            f" which reads {known}; use the release that wrote the card, or train a new one"
        )
    if trusted is not None:
        _verify_signature(folder, manifest, fields, trusted)
    digest = hashlib.sha256(payload).hexdigest()
    if digest != fields["digest"]:
        raise CardError(
            f"{folder / CARD}: its bytes do not match the manifest's SHA-256; the file was altered"
            " or damaged: restore it from its training run, then promote it again"
        )
    card = card_from_json(payload)
    if card.format != fields["format"]:
        raise CardError(
            f"{folder}: the manifest says {fields['format']}, the card is {card.format}; promote"
            " the card again"
        )
    return CardFile(card, digest, fields["approved_by"], fields["approved_at"])


def card_signed_by(folder: Path) -> str | None:
    """Return the id of the key that the manifest in `folder` names, not verified; None if unsigned.

    Raises
    ------
    CardError
        If the manifest cannot be read.
    """
    manifest = _read(folder / MANIFEST, _MAX_MANIFEST_BYTES).decode("utf-8", errors="replace")
    fields = _MANIFEST.fullmatch(manifest)
    return fields["key"] if fields else None


def _verify_signature(
    folder: Path, manifest: bytes, fields: re.Match[str], trusted: Iterable[Ed25519PublicKey]
) -> None:
    if fields["signature"] is None:
        raise CardError(f"{folder}: the card is not signed; run: rongzi promote {folder}")
    keys = {key_id(key): key for key in trusted}
    if fields["key"] not in keys:
        raise CardError(
            f"{folder}: signed by key {fields['key']}, which is not trusted here"
            f" (trusted: {', '.join(keys) or 'none'}); promote the card with a trusted key"
        )
    statement = manifest[: manifest.index(b"signature ")]
    try:
        keys[fields["key"]].verify(base64.b64decode(fields["signature"]), statement)
    except InvalidSignature as error:
        raise CardError(
            f"{folder / MANIFEST}: the signature does not fit; the manifest was altered:"
            " promote the card again"
        ) from error


def _read(path: Path, maximum: int) -> bytes:
    try:
        with path.open("rb") as file:
            payload = file.read(maximum + 1)
    except OSError as error:
        raise CardError(
            f"{path}: cannot be read ({error.strerror}); train a card and promote it"
        ) from error
    if len(payload) > maximum:
        raise CardError(f"{path}: larger than {maximum} bytes, so not a card")
    return payload


def _replace(path: Path, payload: bytes) -> None:
    draft = path.with_name(path.name + ".draft")
    draft.write_bytes(payload)
    draft.replace(path)
