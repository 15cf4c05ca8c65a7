"""The payments of a case, and what is proposed and not yet confirmed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from api.core.calendar import date_in_china
from api.ledger.entries import Entry


@dataclass(frozen=True)
class Draw:
    """One disbursement; numbers start at 1, in order of payment."""

    number: int
    amount_yuan: int
    on: date
    is_cancelled: bool = False


@dataclass(frozen=True)
class Pending:
    """A payment, or the cancellation of payment `number`, that another person must confirm.

    Attributes
    ----------
    proposal_id : str
        Id of the entry that proposed it.
    number : int or None
        The payment to be cancelled; None for a payment.
    until : datetime
        When it lapses.
    """

    proposal_id: str
    amount_yuan: int
    number: int | None
    proposed_by: str
    until: datetime


class Money:
    """The payments and proposals of a case, collected entry by entry."""

    def __init__(self) -> None:
        self.draws: list[Draw] = []
        self.proposals: dict[str, Pending] = {}

    def add(self, entry: Entry) -> None:
        """Add what `entry` says of money."""
        number = entry.body.get("number")
        if entry.kind == "DISBURSED":
            day = date_in_china(entry.recorded_at)
            self.draws.append(Draw(len(self.draws) + 1, entry.amount_yuan or 0, day))
        elif entry.kind == "DISBURSEMENT_CANCELLED":
            if isinstance(number, int) and 0 < number <= len(self.draws):
                self.draws[number - 1] = replace(self.draws[number - 1], is_cancelled=True)
        elif entry.kind in ("DISBURSEMENT_PROPOSED", "CANCELLATION_PROPOSED"):
            amount, until = entry.amount_yuan or 0, lapse_of(entry)
            pending = Pending(entry.entry_id, amount, number, entry.actor, until)
            self.proposals[entry.entry_id] = pending
        self.proposals.pop(entry.body.get("proposal", ""), None)


def lapse_of(entry: Entry) -> datetime:
    """Return when the claim or the proposal in `entry` lapses."""
    until = entry.body.get("until")
    return datetime.fromisoformat(until) if until else entry.recorded_at
