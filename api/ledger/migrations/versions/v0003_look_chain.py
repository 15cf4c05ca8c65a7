"""Chain and seal the audit, and record changes of accounts in it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns to two append-only tables; existing rows stay as they are."""
    op.add_column("accesses", sa.Column("account", sa.String(64)))
    op.add_column("accesses", sa.Column("detail", sa.Text))
    op.add_column("accesses", sa.Column("digest", sa.String(64)))
    op.create_index("accesses_by_decision", "accesses", ["decision_id"])
    op.add_column("checkpoints", sa.Column("looks", sa.String(64), server_default=""))
