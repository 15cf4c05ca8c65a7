"""Run by Alembic, which migrates on the connection and in the transaction of `upgrade`."""

from __future__ import annotations

from alembic import context

from api.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
