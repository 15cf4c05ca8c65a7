"""Seal identities in the chain, and the start of every commit, also of audit rows only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from api.ledger.migrations.append_only import forbid_changes

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add columns to two append-only tables, and a table; existing rows stay as they are."""
    op.add_column("entries", sa.Column("identity_digest", sa.String(64)))
    for name in ("from_seq", "look", "from_look"):
        op.add_column("checkpoints", sa.Column(name, sa.BigInteger))
    op.create_table(
        "look_checkpoints",
        sa.Column("look", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("from_look", sa.BigInteger, nullable=False),
        sa.Column("looks", sa.String(64), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("from_seq", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("sealed_at", sa.String(32), nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("signature", sa.String(88), nullable=False),
    )
    forbid_changes("look_checkpoints", ("look",))
