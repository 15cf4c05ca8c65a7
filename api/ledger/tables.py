"""The tables of the ledger's database.

Triggers make all tables append-only except ``identities``, ``person_keys`` and, outside the chain,
``accounts``, ``attempts``, ``sessions`` and ``second_factors``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Identity,
    Index,
    Insert,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData()

_DIGEST = String(64)
_UUID = String(36)
_MOMENT = String(32)
_NUMBER = BigInteger().with_variant(Integer, "sqlite")

entries = Table(
    "entries",
    metadata,
    Column("seq", _NUMBER, primary_key=True, autoincrement=False),
    Column("entry_id", _UUID, nullable=False, unique=True),
    Column("recorded_at", _MOMENT, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("subject_id", _UUID, nullable=False),
    Column("decision_id", _UUID),
    Column("place_code", String(12), nullable=False),
    Column("actor", String(128), nullable=False),
    Column("amount_yuan", BigInteger),
    Column("outcome", String(32)),
    Column("answer_digest", _DIGEST),
    Column("previous", _DIGEST, nullable=False),
    Column("body", Text, nullable=False),
    Column("digest", _DIGEST, nullable=False),
    # Seals the identity stored with this entry, the first of its subject.
    Column("identity_digest", _DIGEST),
    # The actor's roles and places, and the audit row that grants them; None in earlier releases.
    Column("authority", Text),
    Index("entries_by_decision", "decision_id"),
    Index("entries_by_subject", "subject_id", "kind"),
    Index("entries_by_kind", "kind", "seq"),
)

#: First answers, stored for retries as long as the ledger.
answers = Table(
    "answers",
    metadata,
    Column("scope", _DIGEST, primary_key=True),
    Column("body_digest", _DIGEST, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("answers_by_seq", "seq"),
)

#: One decision for each question, for all officers and idempotency keys.
questions = Table(
    "questions",
    metadata,
    Column("question", _DIGEST, primary_key=True),
    Column("decision_id", _UUID, nullable=False),
    Column("seq", BigInteger, nullable=False),
)

#: Checkpoints of commits that append entries.
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("seq", _NUMBER, primary_key=True, autoincrement=False),
    Column("digest", _DIGEST, nullable=False),
    Column("sealed_at", _MOMENT, nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("signature", String(88), nullable=False),
    # How far the chain of the audit went.
    Column("looks", _DIGEST),
    # Where the commit began in both chains; None in rows of earlier releases.
    Column("from_seq", BigInteger),
    Column("look", BigInteger),
    Column("from_look", BigInteger),
)

#: Checkpoints of commits that append audit rows only; columns as above.
look_checkpoints = Table(
    "look_checkpoints",
    metadata,
    Column("look", _NUMBER, primary_key=True, autoincrement=False),
    Column("from_look", BigInteger, nullable=False),
    Column("looks", _DIGEST, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("from_seq", BigInteger, nullable=False),
    Column("digest", _DIGEST, nullable=False),
    Column("sealed_at", _MOMENT, nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("signature", String(88), nullable=False),
)

#: The policies and cards of all decisions, byte by byte; replay reads them.
versions = Table(
    "versions",
    metadata,
    Column("digest", _DIGEST, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("payload", LargeBinary, nullable=False),
)

#: The person behind a pseudonym, encrypted by field; erasure deletes the row.
identities = Table(
    "identities",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("member_index", _DIGEST, nullable=False, unique=True),
    Column("member_id", LargeBinary, nullable=False),
    Column("name", LargeBinary),
    Column("id_number", LargeBinary),
    Column("phone", LargeBinary),
)

#: The key under which a person's exact values lie in entries, encrypted; erasure deletes the row.
person_keys = Table(
    "person_keys",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("sealed_key", LargeBinary, nullable=False),
)

#: The audit: accesses to personal data, with blind indexes for persons, and changes of accounts.
accesses = Table(
    "accesses",
    metadata,
    Column("number", _NUMBER, Identity(), primary_key=True),
    Column("accessed_at", _MOMENT, nullable=False),
    Column("actor", String(128), nullable=False),
    Column("route", String(64), nullable=False),
    Column("member_index", _DIGEST),
    Column("decision_id", _UUID),
    Column("place_code", String(12), nullable=False),
    Column("persons", Integer, nullable=False),
    Column("request_id", String(64)),
    # The change of an account; empty in rows of accesses to a person.
    Column("account", String(64).with_variant(String(128), "postgresql")),
    Column("detail", Text),
    # None in rows of releases that did not chain the audit.
    Column("digest", _DIGEST),
    # As in `entries`.
    Column("authority", Text),
    Index("accesses_by_member", "member_index"),
    Index("accesses_by_actor", "actor"),
    Index("accesses_by_decision", "decision_id"),
    Index(
        "accesses_by_account",
        "account",
        "number",
        sqlite_where=text("detail IS NOT NULL"),
        postgresql_where=text("detail IS NOT NULL"),
    ),
)

#: Tables without updates and deletions.
APPEND_ONLY = (entries, answers, questions, checkpoints, look_checkpoints, versions, accesses)

accounts = Table(
    "accounts",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("places", Text, nullable=False),
    # Increased whenever earlier tokens must become invalid.
    Column("version", Integer, nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("created_at", String(32), nullable=False),
)

#: Failed sign-ins by digest of the name: people type all sorts of things into that field.
attempts = Table(
    "attempts",
    metadata,
    Column("name_digest", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)

#: Sessions by account. A refresh token holds the id and the generation, and is signed.
sessions = Table(
    "sessions",
    metadata,
    Column("session_id", _UUID, primary_key=True),
    Column("account", String(64), nullable=False),
    # The account's version when the session began; a later version ends it.
    Column("version", Integer, nullable=False),
    # How often the session was refreshed: only the last refresh token is good.
    Column("generation", Integer, nullable=False),
    # Seconds since 1970.
    Column("started_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Index("sessions_by_account", "account"),
)

#: The secret of an account's one-time codes, encrypted. The audit states which one was confirmed.
second_factors = Table(
    "second_factors",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("is_confirmed", Boolean, nullable=False),
    # The time step of the last code: each code counts once.
    Column("last_step", BigInteger, nullable=False),
)


def insert_rows(connection: Connection, into: Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows`, each with a value for every column; without rows, send no statement."""
    if rows:
        connection.execute(into, rows)
