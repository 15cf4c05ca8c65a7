"""Who a pseudonym stands for: the one table from which a person can be erased.

Personal data encrypted by field, and found again without being decrypted.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, bindparam, delete, insert, select

from api.ledger.chain import encoded
from api.ledger.entries import ordered_id
from api.ledger.keys import Keys
from api.ledger.tables import add_rows, identities
from model.errors import LedgerError

_NONCE_BYTES = 12


class Vault:
    """AES-256-GCM with a random nonce per field; the subject and the field's name are bound in.

    A cell copied to another row or column does not open (NIST SP 800-38D, additional data). The
    blind index is HMAC-SHA-256 under a key of its own: equal member ids give equal indexes, and
    without the key an index cannot be tried against the list of all member ids.
    """

    def __init__(self, keys: Keys) -> None:
        self._cipher = AESGCM(keys.vault)
        self._blind = keys.blind

    def close(self, text: str, subject_id: str, field: str) -> bytes:
        """Return `text` encrypted for one field of one subject."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), _bound(subject_id, field))

    def open(self, sealed: bytes, subject_id: str, field: str) -> str:
        """Return the text of one field of one subject.

        Raises
        ------
        LedgerError
            If the cell was altered, belongs elsewhere, or was written under another key.
        """
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, rest, _bound(subject_id, field)).decode()
        except (InvalidTag, ValueError) as error:
            raise LedgerError(
                f"identity of subject {subject_id}, {field}: does not open with keys/vault.key;"
                " the cell was altered or the key is another ledger's; restore either from backup"
            ) from error

    def index(self, member_id: str) -> str:
        """Return the blind index of a member id."""
        return hmac.digest(self._blind, member_id.encode(), "sha256").hex()


def _bound(subject_id: str, field: str) -> bytes:
    return f"rongzi-identity/1\n{subject_id}\n{field}".encode()


#: Fields kept of a person besides the member id, as far as the edition tells them.
FIELDS = ("name", "id_number", "phone")

_FIND = select(identities.c.member_index, identities.c.subject_id).where(
    identities.c.member_index.in_(bindparam("indexes", expanding=True))
)
_INTO_IDENTITIES = insert(identities)
_BY_SUBJECT = select(identities).where(identities.c.subject_id == bindparam("subject"))


Rows = dict[str, dict[str, Any]]
Mark = tuple[Rows, Rows, list[str]]


def identity_digest(row: Mapping[str, Any]) -> str:
    """Return what seals an identity, stored as `row`, into the entry it was filed with.

    It covers the cells as encrypted: their nonces, 96 random bits each, are gone with the row, so
    that after an erasure nobody can try guesses against it, and none of the keys is needed to
    verify it.
    """
    cells = (row[name] for name in ("member_id", *FIELDS))
    told = [None if cell is None else bytes(cell).hex() for cell in cells]
    return sha256(encoded([row["subject_id"], row["member_index"], *told]).encode()).hexdigest()


class Identities:
    """Pseudonyms on one open transaction; new ones and erasures wait for `flush`.

    An identity is filed with the first entry on its subject, and only with one.
    """

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection, self._vault = connection, vault
        self._new: Rows = {}
        self._unfiled: Rows = {}
        self._erased: list[str] = []

    def index(self, member_id: str) -> str:
        """Return the blind index that stands for a member in look-ups and audits."""
        return self._vault.index(member_id)

    def known(self, member_ids: Collection[str]) -> dict[str, str]:
        """Return the pseudonyms of those of `member_ids` that have one."""
        by_index = {self.index(member_id): member_id for member_id in member_ids}
        found = {
            by_index[index]: str(row["subject_id"])
            for index, row in self._new.items()
            if index in by_index
        }
        rows = self._connection.execute(_FIND, {"indexes": list(by_index)}) if by_index else ()
        stored = {by_index[index]: str(subject) for index, subject in rows}
        return {m: s for m, s in stored.items() if s not in self._erased} | found

    def subject_of(self, member_id: str, person: Mapping[str, str | None] | None = None) -> str:
        """Return the member's pseudonym; a new member gets one, kept with what `person` tells."""
        found = self.known([member_id])
        return found[member_id] if found else self.add(member_id, person or {})

    def add(self, member_id: str, person: Mapping[str, str | None]) -> str:
        """Make the pseudonym of a member who has none."""
        subject, index = ordered_id(), self.index(member_id)
        close = self._vault.close
        told = {name: person.get(name) for name in FIELDS}
        self._new[index] = self._unfiled[subject] = {
            "subject_id": subject,
            "member_index": index,
            "member_id": close(member_id, subject, "member_id"),
            **{name: close(text, subject, name) if text else None for name, text in told.items()},
        }
        return subject

    def filed_with(self, subject_id: str) -> str | None:
        """Return what seals a new identity into the first entry on it; None for a later entry."""
        row = self._unfiled.pop(subject_id, None)
        return identity_digest(row) if row else None

    def person(self, subject_id: str) -> dict[str, str | None] | None:
        """Return the member id and what else is kept of the person; None after erasure."""
        row = self._row(subject_id)
        if row is None:
            return None
        return {
            name: row[name] and self._vault.open(bytes(row[name]), subject_id, name)
            for name in ("member_id", *FIELDS)
        }

    def erase(self, subject_id: str) -> None:
        """Forget who the pseudonym stood for; the entries stay and name nobody."""
        self._new = {i: row for i, row in self._new.items() if row["subject_id"] != subject_id}
        self._erased.append(subject_id)

    def mark(self) -> Mark:
        """Return what `back_to` restores when a command is refused."""
        return dict(self._new), dict(self._unfiled), list(self._erased)

    def back_to(self, mark: Mark) -> None:
        """Forget what was done since `mark`."""
        self._new, self._unfiled, self._erased = mark

    def flush(self) -> None:
        """Write what waits."""
        for subject in self._erased:
            self._connection.execute(delete(identities).where(identities.c.subject_id == subject))
        filed = [row for row in self._new.values() if row["subject_id"] not in self._unfiled]
        add_rows(self._connection, _INTO_IDENTITIES, filed)

    def _row(self, subject_id: str) -> Mapping[str, Any] | None:
        if subject_id in self._erased:
            return None
        for row in self._new.values():
            if row["subject_id"] == subject_id:
                return row
        found = self._connection.execute(_BY_SUBJECT, {"subject": subject_id}).mappings().first()
        return dict(found) if found else None
