"""The persons behind the pseudonyms: the one table from which a person can be erased.

Personal data is encrypted by field; a blind index finds it without decryption.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from api.ledger.chain import encode_json
from api.ledger.entries import new_ordered_id
from api.ledger.person_keys import PersonKeys
from api.ledger.tables import identities, insert_rows
from api.ledger.vault import Vault

#: Fields stored of a person besides the member id, if the edition has them.
FIELDS = ("name", "id_number", "phone")

_FIND = select(identities.c.member_index, identities.c.subject_id).where(
    identities.c.member_index.in_(bindparam("indexes", expanding=True))
)
_INTO_IDENTITIES = insert(identities)
_BY_SUBJECT = select(identities).where(identities.c.subject_id == bindparam("subject"))
_BY_SUBJECTS = select(identities).where(
    identities.c.subject_id.in_(bindparam("subjects", expanding=True))
)


Rows = dict[str, dict[str, Any]]
Savepoint = tuple[Rows, Rows, list[str], tuple[dict[str, bytes], set[str]]]


def identity_digest(row: Mapping[str, Any]) -> str:
    """Return the digest by which an entry seals the identity stored as `row`.

    It covers the encrypted cells. Verification therefore needs no key, and erasure deletes the
    nonces, 96 random bits each, so that nobody can test guesses against the digest afterwards.
    """
    cells = (row[name] for name in ("member_id", *FIELDS))
    values = [None if cell is None else bytes(cell).hex() for cell in cells]
    values = [row["subject_id"], row["member_index"], *values]
    return sha256(encode_json(values).encode()).hexdigest()


class Identities:
    """Pseudonyms in one open transaction; `flush` writes new ones and erasures.

    An identity is stored only together with the first entry on its subject. `keys` are the persons'
    own keys.
    """

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection, self._vault = connection, vault
        self.keys = PersonKeys(connection, vault)
        self._new: Rows = {}
        self._without_entry: Rows = {}
        self._erased: list[str] = []

    def index(self, member_id: str) -> str:
        """Return the blind index of a member, for searches and the audit."""
        return self._vault.index(member_id)

    def known(self, member_ids: Collection[str]) -> dict[str, str]:
        """Return the pseudonyms of those of `member_ids` that have one."""
        by_index = {self.index(member_id): member_id for member_id in member_ids}
        new = {
            by_index[index]: str(row["subject_id"])
            for index, row in self._new.items()
            if index in by_index
        }
        rows = self._connection.execute(_FIND, {"indexes": list(by_index)}) if by_index else ()
        stored = {by_index[index]: str(subject) for index, subject in rows}
        return {m: s for m, s in stored.items() if s not in self._erased} | new

    def subject_of(self, member_id: str, person: Mapping[str, str | None] | None = None) -> str:
        """Return the pseudonym of a member; a new member gets one, with the data of `person`."""
        found = self.known([member_id])
        return found[member_id] if found else self.add(member_id, person or {})

    def add(self, member_id: str, person: Mapping[str, str | None]) -> str:
        """Make a pseudonym for a member who has none."""
        subject, index = new_ordered_id(), self.index(member_id)
        close = self._vault.close
        texts = {name: person.get(name) for name in FIELDS}
        self._new[index] = self._without_entry[subject] = {
            "subject_id": subject,
            "member_index": index,
            "member_id": close(member_id, subject, "member_id"),
            **{name: close(text, subject, name) if text else None for name, text in texts.items()},
        }
        return subject

    def take_digest(self, subject_id: str) -> str | None:
        """Return the digest for the first entry on a new subject; None for later entries."""
        row = self._without_entry.pop(subject_id, None)
        return identity_digest(row) if row else None

    def person(self, subject_id: str) -> dict[str, str | None] | None:
        """Return the member id and the stored fields of the person; None after erasure."""
        row = self._row(subject_id)
        return None if row is None else self._open(row)

    def people(self, subject_ids: Collection[str]) -> dict[str, dict[str, str | None]]:
        """Return the committed persons behind several pseudonyms, without those erased."""
        bounds = {"subjects": list(subject_ids)}
        rows = self._connection.execute(_BY_SUBJECTS, bounds).mappings() if subject_ids else ()
        return {str(row["subject_id"]): self._open(dict(row)) for row in rows}

    def _open(self, row: Mapping[str, Any]) -> dict[str, str | None]:
        return {
            name: row[name] and self._vault.open(bytes(row[name]), row["subject_id"], name)
            for name in ("member_id", *FIELDS)
        }

    def erase(self, subject_id: str) -> None:
        """Delete the identity and destroy the person's key; the entries remain and name nobody."""
        self.keys.erase(subject_id)
        self._new = {i: row for i, row in self._new.items() if row["subject_id"] != subject_id}
        self._erased.append(subject_id)

    def savepoint(self) -> Savepoint:
        """Return the state that `roll_back_to` restores after a refusal."""
        pending = dict(self._new), dict(self._without_entry), list(self._erased)
        return *pending, self.keys.savepoint()

    def roll_back_to(self, savepoint: Savepoint) -> None:
        """Discard the changes since `savepoint`."""
        self._new, self._without_entry, self._erased, keys = savepoint
        self.keys.roll_back_to(keys)

    def flush(self) -> None:
        """Write the pending changes."""
        for subject in self._erased:
            self._connection.execute(delete(identities).where(identities.c.subject_id == subject))
        new = [row for row in self._new.values() if row["subject_id"] not in self._without_entry]
        insert_rows(self._connection, _INTO_IDENTITIES, new)
        self.keys.flush()

    def _row(self, subject_id: str) -> Mapping[str, Any] | None:
        if subject_id in self._erased:
            return None
        for row in self._new.values():
            if row["subject_id"] == subject_id:
                return row
        found = self._connection.execute(_BY_SUBJECT, {"subject": subject_id}).mappings().first()
        return dict(found) if found else None
