"""A key for each person, under which exact values lie in entries; erasure destroys the key.

Entries are never changed, so what must be forgotten is encrypted in them (crypto-shredding). The
key is 256 random bits. It is stored encrypted with the ledger's vault, in a row of its own that
erasure deletes. Entries name the key by a digest, which tells nothing about it.
"""

from __future__ import annotations

import base64
import os
import zlib
from collections.abc import Collection
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, bindparam, delete, insert, select

from api.ledger.tables import insert_rows, person_keys
from api.ledger.vault import Vault
from model.errors import LedgerError

_KEY_BYTES, _NONCE_BYTES = 32, 12
_FIELD = "person_key"
_BY_SUBJECTS = select(person_keys).where(
    person_keys.c.subject_id.in_(bindparam("subjects", expanding=True))
)
_INTO_PERSON_KEYS = insert(person_keys)


def key_name(key: bytes) -> str:
    """Return the name by which entries refer to a key."""
    return sha256(b"rongzi-person-key/1\n" + key).hexdigest()[:16]


class PersonKeys:
    """The keys in one open transaction; `flush` writes new ones and erasures."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection, self._vault = connection, vault
        self._known: dict[str, bytes] = {}
        self._new: dict[str, bytes] = {}
        self._erased: set[str] = set()

    def load(self, subject_ids: Collection[str]) -> None:
        """Read the keys of several persons in one query."""
        wanted = [s for s in subject_ids if s not in self._known and s not in self._erased]
        if wanted:
            for row in self._connection.execute(_BY_SUBJECTS, {"subjects": wanted}):
                opened = self._vault.open(bytes(row.sealed_key), row.subject_id, _FIELD)
                self._known[row.subject_id] = bytes.fromhex(opened)

    def seal(self, subject_id: str, text: str, about: str) -> tuple[str, str]:
        """Return the name of the person's key, and `text` encrypted with it.

        Parameters
        ----------
        about
            Bound into the encryption, such as the id of the decision.
        """
        key = self._key(subject_id) or self._make(subject_id)
        nonce = os.urandom(_NONCE_BYTES)
        packed = zlib.compress(text.encode(), 1)
        sealed = nonce + AESGCM(key).encrypt(nonce, packed, _bound(subject_id, about))
        return key_name(key), base64.b64encode(sealed).decode()

    def open(self, subject_id: str, sealed: str, about: str) -> str | None:
        """Return the text that `seal` encrypted; None after erasure.

        Raises
        ------
        LedgerError
            If the text or the key was altered.
        """
        key = self._key(subject_id)
        if key is None:
            return None
        try:
            raw = base64.b64decode(sealed, validate=True)
            nonce, rest = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
            packed = AESGCM(key).decrypt(nonce, rest, _bound(subject_id, about))
            return zlib.decompress(packed).decode()
        except (InvalidTag, ValueError, zlib.error) as error:
            raise LedgerError(
                f"a value of subject {subject_id} does not open with the person's key; restore"
                " table person_keys from backup"
            ) from error

    def erase(self, subject_id: str) -> None:
        """Destroy the key of a person: what it sealed can no longer be read."""
        self._known.pop(subject_id, None)
        self._new.pop(subject_id, None)
        self._erased.add(subject_id)

    def savepoint(self) -> tuple[dict[str, bytes], set[str]]:
        """Return the state that `roll_back_to` restores after a refusal."""
        return dict(self._new), set(self._erased)

    def roll_back_to(self, savepoint: tuple[dict[str, bytes], set[str]]) -> None:
        """Discard the changes since `savepoint`."""
        self._new, self._erased = savepoint
        self._known = dict(self._new)

    def flush(self) -> None:
        """Write the pending changes."""
        for subject in sorted(self._erased):
            statement = delete(person_keys).where(person_keys.c.subject_id == subject)
            self._connection.execute(statement)
        close = self._vault.close
        rows = [
            {"subject_id": subject, "sealed_key": close(key.hex(), subject, _FIELD)}
            for subject, key in self._new.items()
        ]
        insert_rows(self._connection, _INTO_PERSON_KEYS, rows)

    def _key(self, subject_id: str) -> bytes | None:
        self.load([subject_id])
        return self._known.get(subject_id)

    def _make(self, subject_id: str) -> bytes:
        key = os.urandom(_KEY_BYTES)
        self._known[subject_id] = self._new[subject_id] = key
        return key


def _bound(subject_id: str, about: str) -> bytes:
    return f"rongzi-person-value/1\n{subject_id}\n{about}".encode()
