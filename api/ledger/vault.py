"""The vault: personal data encrypted by field, and a blind index that finds it."""

from __future__ import annotations

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.ledger.keys import Keys
from model.errors import LedgerError

_NONCE_BYTES = 12


class Vault:
    """Encrypts fields with AES-256-GCM under random nonces, bound to subject and field.

    A cell copied to another row or column does not open (NIST SP 800-38D, additional data). The
    blind index is HMAC-SHA-256 under a key of its own: equal member ids have equal indexes, and
    without the key nobody can compute the indexes of a list of member ids.
    """

    def __init__(self, keys: Keys) -> None:
        self._cipher = AESGCM(keys.vault)
        self._blind = keys.blind

    def close(self, text: str, subject_id: str, field: str) -> bytes:
        """Return `text`, encrypted for one field of one subject."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(
            nonce, text.encode(), _additional_data(subject_id, field)
        )

    def open(self, sealed: bytes, subject_id: str, field: str) -> str:
        """Return the decrypted text of one field of one subject.

        Raises
        ------
        LedgerError
            If the cell was altered, belongs elsewhere, or was encrypted with another key.
        """
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, rest, _additional_data(subject_id, field)).decode()
        except (InvalidTag, ValueError) as error:
            raise LedgerError(
                f"identity of subject {subject_id}, {field}: does not open with keys/vault.key;"
                " the cell was altered or the key is another ledger's; restore either from backup"
            ) from error

    def index(self, member_id: str) -> str:
        """Return the blind index of a member id."""
        return hmac.digest(self._blind, member_id.encode(), "sha256").hex()


def _additional_data(subject_id: str, field: str) -> bytes:
    return f"rongzi-identity/1\n{subject_id}\n{field}".encode()
