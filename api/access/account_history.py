"""The accounts as the audit states them: what each may do follows from sealed rows of its chain.

A row of table ``accounts`` alone proves nothing: who can write the database can write a role there,
use it, and write it back. So an account is used only while it agrees with its last change in the
audit, and that change was sealed by the service or by ``rongzi users``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, select

from api.access.account import PASSWORD, Account, rights_of, state_of
from api.access.account_events import WITHOUT_RIGHTS
from api.ledger.audit_seals import is_sealed
from api.ledger.tables import accesses

_NOT_BY_SERVICE = "the service did not change it; rongzi users"
# Every row of the audit that says something of an account, in its order.
SAID_OF_ACCOUNTS = (
    select(
        accesses.c.number,
        accesses.c.account,
        accesses.c.route,
        accesses.c.detail,
        accesses.c.accessed_at,
    )
    .where(accesses.c.detail.is_not(None), accesses.c.account.is_not(None))
    .order_by(accesses.c.number)
)


@dataclass(frozen=True)
class AccountHistory:
    """The last state of an account in the audit.

    Attributes
    ----------
    changes : int
        Changes after the account was added.
    is_complete : bool
        Whether the audit states how it was added; earlier releases did not record it.
    grant : int
        Number of the audit row that states the last change.
    """

    state: str
    changes: int
    is_complete: bool
    grant: int

    @property
    def rights(self) -> str:
        """Roles, places and whether it is disabled."""
        return self.state.split(PASSWORD)[0]


def is_account_change(row: Mapping[str, Any]) -> bool:
    """Return whether the audit row `row` changes what an account of this home may do."""
    return bool(row["account"] and row["detail"]) and row["route"] not in WITHOUT_RIGHTS


def add_changes(
    histories: dict[str, AccountHistory], changes: Iterable[Mapping[str, Any]]
) -> dict[str, AccountHistory]:
    """Add `changes`, audit rows in order, to the histories by account, and return these."""
    for change in filter(is_account_change, changes):
        name, before = change["account"], histories.get(change["account"])
        is_added = change["route"] == "account_added"
        count = before.changes + 1 if before else 0 if is_added else 1
        is_complete = before.is_complete if before else is_added
        histories[name] = AccountHistory(change["detail"], count, is_complete, change["number"])
    return histories


def account_defect(account: Account, history: AccountHistory | None) -> str | None:
    """Return how an account differs from the audit, with the remedy; None if they agree."""
    name = account.name
    if history is None:
        return (
            "is in table accounts, but not in the audit: it was inserted, or is of an earlier"
            f" release; record it with rongzi users disable {name}, or grant"
        )
    rights, state = rights_of(account), state_of(account)
    if rights != history.rights:
        return (
            f"has the rights {rights}, but {history.rights} in the audit:"
            f" {_NOT_BY_SERVICE} grant (or disable) corrects it"
        )
    if PASSWORD in history.state and state != history.state:
        return f"has another password than in the audit: {_NOT_BY_SERVICE} reset-password {name}"
    if history.is_complete and account.version != 1 + history.changes:
        return (
            "accepts tokens of another version than in the audit:"
            f" {_NOT_BY_SERVICE} grant invalidates them"
        )
    return None


class AccountHistories:
    """The histories as one process knows them; each read adds what the audit gained meanwhile."""

    def __init__(self) -> None:
        self._by_name: dict[str, AccountHistory] = {}
        self._last = 0
        self._sealed: set[int] = set()

    def read(self, connection: Connection) -> Mapping[str, AccountHistory]:
        """Return the history of every account."""
        rows = (
            connection.execute(SAID_OF_ACCOUNTS.where(accesses.c.number > self._last))
            .mappings()
            .all()
        )
        add_changes(self._by_name, map(dict, rows))
        self._last = max((row["number"] for row in rows), default=self._last)
        return self._by_name

    def defect(self, connection: Connection, account: Account, key: Ed25519PublicKey) -> str | None:
        """Return why the account must not be used, or None; call `read` before.

        Parameters
        ----------
        key
            The public half of the key that seals the ledger.
        """
        history = self._by_name.get(account.name)
        defect = account_defect(account, history)
        if defect or history is None:
            return defect
        if history.grant not in self._sealed:
            if not is_sealed(connection, history.grant, key):
                return f"was changed by audit row {history.grant}, which the service did not seal"
            self._sealed.add(history.grant)
        return None
