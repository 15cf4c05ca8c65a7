"""What happens to accounts, in the audit: who did it, to which account, when.

Rows stand in the same chain as looks at persons, sealed by the commit that appends them, so that
none can be changed, taken out or cut off unseen.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from api.ledger.audit import AuditTransaction
from api.ledger.chain import format_timestamp

Event = Literal[
    "account_added", "account_changed", "account_disabled", "account_enabled", "password_reset",
    "password_changed", "account_unlocked", "sign_in_failed", "sign_in_locked",
]  # fmt: skip

#: Stands for whoever asks to be let in and has not shown who they are.
ANYBODY = "anybody"


@dataclass(frozen=True)
class AccountEvent:
    """One thing that happened.

    Attributes
    ----------
    account : str or None
        None where there is no account of the name that was typed: it may be a password.
    detail : str or None
        What the account may do from then on.
    """

    event: Event
    account: str | None
    actor: str
    detail: str | None = None


def record(work: AuditTransaction, events: Iterable[AccountEvent]) -> None:
    """Append `events` to the audit, in the open transaction that holds the chain's lock."""
    now = format_timestamp(datetime.now(tz=UTC))
    work.record(
        [
            {
                "accessed_at": now,
                "actor": each.actor,
                "route": each.event,
                "place_code": "",
                "persons": 0,
                "account": each.account,
                "detail": each.detail,
            }
            for each in events
        ]
    )


def console_user() -> str:
    """Return who works on the console of this machine, as the audit names them."""
    try:
        return f"console:{getpass.getuser()}"
    except (KeyError, OSError):  # an account without a name, as containers have
        return "console"
