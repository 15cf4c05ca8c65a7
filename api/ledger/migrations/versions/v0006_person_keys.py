"""Add the keys that open each person's exact profiles; erasure deletes a person's key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, which is not append-only."""
    op.create_table(
        "person_keys",
        sa.Column("subject_id", sa.String(36), primary_key=True),
        sa.Column("sealed_key", sa.LargeBinary, nullable=False),
    )
