"""Store with each entry and audit row by which grant its actor acted, and find grants quickly."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns to two append-only tables, and an index; existing rows stay as they are."""
    for table in ("entries", "accesses"):
        op.add_column(table, sa.Column("authority", sa.Text))
    if op.get_bind().dialect.name == "postgresql":
        # Subjects of an identity provider are longer than names of accounts. SQLite does not care.
        op.alter_column("accesses", "account", type_=sa.String(128))
    is_change = sa.text("detail IS NOT NULL")
    op.create_index(
        "accesses_by_account",
        "accesses",
        ["account", "number"],
        sqlite_where=is_change,
        postgresql_where=is_change,
    )
