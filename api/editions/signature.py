"""The signature of an edition, over the digest of its manifest, which covers every file.

It lies beside the manifest as a few fixed lines, because the manifest's digest names the folder.
Publishing the same edition again gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from api.core.settings import UNSIGNED_EDITIONS
from api.editions.manifest import REMEDY
from data.publishing.signature_lines import MOST_BYTES, SignatureLines
from model.card.card_file import SigningKey, key_id
from model.errors import EditionError

SIGNATURE = "manifest.signature"
_LINES = SignatureLines("rongzi-edition-signature/1")


def signature_lines(manifest: bytes, key: SigningKey) -> bytes:
    """Return the content of the signature's file for the bytes of a manifest."""
    return _LINES.of(manifest, key).encode()


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
    keys = tuple(trusted)
    found = _LINES.check(lines, manifest, keys)
    if found.fault == "unknown key":
        raise EditionError(
            f"{path}: signed by key {found.key}, which is not trusted for editions here"
            f" (trusted: {', '.join(map(key_id, keys)) or 'none'}); {REMEDY}"
        )
    if found.fault == "wrong":
        raise EditionError(f"{path}: the signature does not fit; {REMEDY}")
    if found.fault:
        raise EditionError(f"{path}: is not the signature of this manifest; {REMEDY}")
    return found.key


def signed_by(folder: Path) -> str | None:
    """Return the id of the key that the signature in `folder` names; None if there is none."""
    return _LINES.key_named(_read(folder / SIGNATURE) or "")


def _read(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1).decode("utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EditionError(f"{path}: cannot be read ({error.strerror}); {REMEDY}") from error
