"""Add the tables of the ledger, append-only except ``identities``."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from api.ledger.migrations.append_only import forbid_changes

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables and forbid changes to all except ``identities``."""
    _entries()
    _kept()
    _people()
    for table, keys in (
        ("entries", ("seq", "entry_id")), ("answers", ("scope",)), ("questions", ("question",)),
        ("checkpoints", ("seq",)), ("versions", ("digest",)), ("accesses", ("number",)),
    ):  # fmt: skip
        forbid_changes(table, keys)


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("seq", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("entry_id", sa.String(36), nullable=False, unique=True),
        sa.Column("recorded_at", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject_id", sa.String(36), nullable=False),
        sa.Column("decision_id", sa.String(36)),
        sa.Column("place_code", sa.String(12), nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("amount_yuan", sa.BigInteger),
        sa.Column("outcome", sa.String(32)),
        sa.Column("answer_digest", sa.String(64)),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
    )
    op.create_index("entries_by_decision", "entries", ["decision_id"])
    op.create_index("entries_by_subject", "entries", ["subject_id", "kind"])
    op.create_index("entries_by_kind", "entries", ["kind", "seq"])


def _kept() -> None:
    op.create_table(
        "answers",
        sa.Column("scope", sa.String(64), primary_key=True),
        sa.Column("body_digest", sa.String(64), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("answers_by_seq", "answers", ["seq"])
    op.create_table(
        "questions",
        sa.Column("question", sa.String(64), primary_key=True),
        sa.Column("decision_id", sa.String(36), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "checkpoints",
        sa.Column("seq", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("sealed_at", sa.String(32), nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("signature", sa.String(88), nullable=False),
    )
    op.create_table(
        "versions",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )


def _people() -> None:
    op.create_table(
        "identities",
        sa.Column("subject_id", sa.String(36), primary_key=True),
        sa.Column("member_index", sa.String(64), nullable=False, unique=True),
        sa.Column("member_id", sa.LargeBinary, nullable=False),
        sa.Column("name", sa.LargeBinary),
        sa.Column("id_number", sa.LargeBinary),
        sa.Column("phone", sa.LargeBinary),
    )
    op.create_table(
        "accesses",
        sa.Column("number", _NUMBER, sa.Identity(), primary_key=True),
        sa.Column("accessed_at", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("route", sa.String(64), nullable=False),
        sa.Column("member_index", sa.String(64)),
        sa.Column("decision_id", sa.String(36)),
        sa.Column("place_code", sa.String(12), nullable=False),
        sa.Column("persons", sa.Integer, nullable=False),
    )
    op.create_index("accesses_by_member", "accesses", ["member_index"])
    op.create_index("accesses_by_actor", "accesses", ["actor"])
