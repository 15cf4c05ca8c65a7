"""Who administered when, as the audit states it: what somebody may do alone must not be arranged.

With fewer than two administrators one may add another alone. So an administrator who was disabled
or lost the role lately still counts, and every time that one was left alone is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from api.access.account_history import SAID_OF_ACCOUNTS, is_account_change

TWO = 2
_DISABLED = "; disabled"


@dataclass(frozen=True)
class Alone:
    """A time with fewer than two administrators after there had been two; `until` is None today."""

    since: str
    until: str | None = None

    @property
    def text(self) -> str:
        """The time in words."""
        return f"from {self.since} to {self.until}" if self.until else f"since {self.since}"


@dataclass
class Administrators:
    """The administrators after some changes of accounts.

    Attributes
    ----------
    now : set of str
        Those enabled.
    lost_at : mapping of str to str
        When each of the others was disabled or lost the role.
    alone : list of Alone
        Every time with fewer than two, oldest first.
    """

    now: set[str] = field(default_factory=set)
    lost_at: dict[str, str] = field(default_factory=dict)
    alone: list[Alone] = field(default_factory=list)

    @classmethod
    def of(cls, changes: Iterable[Mapping[str, Any]]) -> Administrators:
        """Return the administrators after `changes`, audit rows in order."""
        found = cls()
        for change in filter(is_account_change, changes):
            found._add(str(change["account"]), str(change["detail"]), str(change["accessed_at"]))
        return found

    def lost_within(self, days: int, now: datetime) -> dict[str, datetime]:
        """Return who stopped less than `days` ago, and until when they still count."""
        until = {
            name: datetime.fromisoformat(at) + timedelta(days=days)
            for name, at in self.lost_at.items()
        }
        return {name: moment for name, moment in until.items() if now < moment}

    def _add(self, account: str, state: str, at: str) -> None:
        before = len(self.now)
        if _administers(state):
            self.now.add(account)
            self.lost_at.pop(account, None)
        elif account in self.now:
            self.now.remove(account)
            self.lost_at[account] = at
        if before >= TWO > len(self.now):
            self.alone.append(Alone(at))
        elif self.alone and self.alone[-1].until is None and len(self.now) >= TWO:
            self.alone[-1] = Alone(self.alone[-1].since, at)


def administrators_in(connection: Connection) -> Administrators:
    """Return the administrators of a home by the rows of its audit."""
    return Administrators.of(map(dict, connection.execute(SAID_OF_ACCOUNTS).mappings()))


def _administers(state: str) -> bool:
    roles, _, rest = state.partition("; ")
    return "admin" in roles.split(", ") and _DISABLED not in f"; {rest}"
