"""Run by Alembic: the steps go over the connection and transaction that `upgrade` holds."""

from __future__ import annotations

from alembic import context

from api.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
