"""Events on accounts in the audit: who did what to which account, and when.

The rows join the chain of access records. The commit that appends them seals them, so that a
changed, removed or cut-off row is detected.
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
    "password_changed", "account_unlocked", "sign_in_failed", "sign_in_locked", "signed_in",
    "provider_sign_in", "account_differs", "session_ended", "session_reused",
    "second_factor_confirmed", "second_factor_removed",
]  # fmt: skip
#: A token of an identity provider, seen first: `detail` holds the rights that it claims.
PROVIDER_SIGN_IN: Event = "provider_sign_in"
#: An account that differs from the audit, which the service therefore refused.
ACCOUNT_DIFFERS: Event = "account_differs"
#: A session that somebody ended, or whose old refresh token came again: `detail` is its id.
SESSION_ENDED: Event = "session_ended"
SESSION_REUSED: Event = "session_reused"
#: A second factor: `detail` is the digest of its sealed secret, or says that there is none.
FACTOR_CONFIRMED: Event = "second_factor_confirmed"
FACTOR_REMOVED: Event = "second_factor_removed"
#: Events with a `detail` that change no right of an account.
WITHOUT_RIGHTS = (
    PROVIDER_SIGN_IN, SESSION_ENDED, SESSION_REUSED, FACTOR_CONFIRMED, FACTOR_REMOVED,
)  # fmt: skip

#: The user of this machine's console, alone or before a colon and the user's name.
CONSOLE = "console"
#: The actor of a sign-in attempt that is not authenticated.
ANONYMOUS = "anybody"
#: The actor of what the service records by itself.
SERVICE = "service"


@dataclass(frozen=True)
class AccountEvent:
    """One event on an account.

    Attributes
    ----------
    account : str or None
        None where no account has the name that was typed: the text may be a password.
    detail : str or None
        The rights of the account after the event, or what `WITHOUT_RIGHTS` says; else None.
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
                "actor": event.actor,
                "route": event.event,
                "place_code": "",
                "persons": 0,
                "account": event.account,
                "detail": event.detail,
            }
            for event in events
        ]
    )


def console_user() -> str:
    """Return the audit's name for the user of this machine's console."""
    try:
        return f"{CONSOLE}:{getpass.getuser()}"
    except (KeyError, OSError):  # a user id without a name, as in a container
        return CONSOLE
