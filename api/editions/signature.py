"""The signature of an edition, over the digest of its manifest, which covers every file.

It lies beside the manifest as a few fixed lines, because the manifest's digest names the folder.
Publishing the same edition again gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from api.core.settings import UNSIGNED_EDITIONS
from api.editions.manifest import REMEDY
from model.card.card_file import SigningKey, key_id
from model.errors import EditionError

SIGNATURE = "manifest.signature"
_FORMAT = "rongzi-edition-signature/1"
_LINES = re.compile(
    rf"(?P<statement>format {_FORMAT}\nsha256 (?P<digest>[0-9a-f]{{64}})\n"
    r"key (?P<key>[0-9a-f]{16})\n)signature (?P<signature>[A-Za-z0-9+/=]{88})\n"
)
_MAX_BYTES = 1024


def signature_lines(manifest: bytes, key: SigningKey) -> bytes:
    """Return the content of the signature's file for the bytes of a manifest."""
    digest = hashlib.sha256(manifest).hexdigest()
    statement = f"format {_FORMAT}\nsha256 {digest}\nkey {key_id(key.public_key())}\n"
    signature = base64.b64encode(key.sign(statement.encode())).decode()
    return f"{statement}signature {signature}\n".encode()


def verify_signature(
    folder: Path, manifest: bytes, trusted: Iterable[Ed25519PublicKey], *, allow_unsigned: bool
) -> str | None:
    """Return the id of the trusted key that signed an edition's manifest.

    Parameters
    ----------
    allow_unsigned
        Return None for an edition without a signature, as releases before signatures wrote it.

    Raises
    ------
    EditionError
        If the signature is missing, made by another key, or for another manifest.
    """
    path = folder / SIGNATURE
    lines = _read(path)
    if lines is None and allow_unsigned:
        return None
    if lines is None:
        raise EditionError(
            f"{folder}: the edition is not signed; {REMEDY}. An edition of an earlier release can"
            f" be served meanwhile with {UNSIGNED_EDITIONS}=allow"
        )
    found = _LINES.fullmatch(lines)
    keys = {key_id(key): key for key in trusted}
    if found and found["key"] not in keys:
        raise EditionError(
            f"{path}: signed by key {found['key']}, which is not trusted for editions here"
            f" (trusted: {', '.join(keys) or 'none'}); {REMEDY}"
        )
    if not found or found["digest"] != hashlib.sha256(manifest).hexdigest():
        raise EditionError(f"{path}: is not the signature of this manifest; {REMEDY}")
    try:
        signature = base64.b64decode(found["signature"])
        keys[found["key"]].verify(signature, found["statement"].encode())
    except (InvalidSignature, ValueError) as error:
        raise EditionError(f"{path}: the signature does not fit; {REMEDY}") from error
    return str(found["key"])


def signed_by(folder: Path) -> str | None:
    """Return the id of the key that the signature in `folder` names; None if there is none."""
    found = _LINES.fullmatch(_read(folder / SIGNATURE) or "")
    return found["key"] if found else None


def _read(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES + 1).decode("utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EditionError(f"{path}: cannot be read ({error.strerror}); {REMEDY}") from error
