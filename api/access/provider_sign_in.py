"""Sign-ins by an identity provider on record: which rights a token claimed when it was first used.

The provider manages the accounts, so the audit holds no grant of theirs. The row of a token's first
use stands for it: entries made with the token refer to that row.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api.access.account import rights_text
from api.access.account_events import PROVIDER_SIGN_IN, AccountEvent, record
from api.core.principal import Principal
from api.core.settings import Settings
from api.http.problem_kinds import LEDGER_AWAY
from api.http.problems import ProblemError
from api.ledger.audit import AuditWriter
from api.ledger.database import Location
from model.errors import LedgerError


class ProviderSignIns:
    """Records the first use of each token in the audit; its methods block."""

    def __init__(self, settings: Settings) -> None:
        self._writing = AuditWriter(Location.of(settings))

    def record(self, principal: Principal) -> Principal:
        """Record a token of `principal` and return the principal with its grant.

        Raises
        ------
        ProblemError
            503 if the audit cannot be written: without a record nobody is let in.
        """
        rights = rights_text(principal.roles, principal.places)
        subject = principal.subject
        try:
            with self._writing.begin() as work:
                record(work, [AccountEvent(PROVIDER_SIGN_IN, subject, subject, rights)])
        except (LedgerError, DBAPIError, PoolTimeoutError) as error:
            raise ProblemError(LEDGER_AWAY) from error
        return replace(principal, grant=work.last_number)

    def close(self) -> None:
        """Close the connection to the database."""
        self._writing.close()
