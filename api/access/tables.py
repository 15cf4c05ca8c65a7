"""Tables of accounts and of failed sign-ins, in the ledger's database but outside its chain."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table, Text

from api.ledger.tables import metadata

accounts = Table(
    "accounts",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("places", Text, nullable=False),
    # Goes up whenever tokens handed out before must no longer work.
    Column("version", Integer, nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("created_at", String(32), nullable=False),
)

#: Of names as tried, known or not: a digest, because people type all sorts of things there.
attempts = Table(
    "attempts",
    metadata,
    Column("name_digest", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)
