"""PostgreSQL: what the service's account may do. It owns nothing, and can change no entry."""

from __future__ import annotations

from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from api.access.tables import accounts, attempts
from api.ledger.tables import APPEND_ONLY, identities
from model.errors import LedgerError


def grant(engine: Engine, role: str) -> None:
    """Give `role` what the service needs on the ledger's tables, and take away everything else.

    Raises
    ------
    LedgerError
        If the database is not PostgreSQL, or there is no such role.
    """
    if engine.dialect.name != "postgresql":
        raise LedgerError("only PostgreSQL knows roles; a SQLite file belongs to its account")
    quoted = engine.dialect.identifier_preparer.quote(role)
    schema = "public"
    tables = ", ".join(table.name for table in (*APPEND_ONLY, identities))
    with engine.begin() as connection:
        try:
            connection.execute(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {quoted}"))
            connection.execute(text(f"REVOKE CREATE ON SCHEMA {schema} FROM {quoted}, PUBLIC"))
            connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {quoted}"))
            connection.execute(text(f"GRANT SELECT, INSERT ON {tables} TO {quoted}"))
            connection.execute(text(f"GRANT DELETE ON {identities.name} TO {quoted}"))
            # A person may change a password; who has an account is for the tables' owner to say.
            own = "SELECT, UPDATE (password_hash, version)"
            connection.execute(text(f"GRANT {own} ON {accounts.name} TO {quoted}"))
            counted = "SELECT, INSERT, UPDATE, DELETE"
            connection.execute(text(f"GRANT {counted} ON {attempts.name} TO {quoted}"))
            connection.execute(text(f"GRANT SELECT ON alembic_version TO {quoted}"))
        except ProgrammingError as error:
            raise LedgerError(
                f"role {role}: could not be granted; create it first (CREATE ROLE … LOGIN) and run"
                " this as the tables' owner"
            ) from error
