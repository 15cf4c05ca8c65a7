"""The payments of a case, and what is proposed and not yet confirmed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from api.core.calendar import date_in_china
from api.ledger.entries import Entry


@dataclass(frozen=True)
class Repayment:
    """One repayment of a draw's principal; numbers start at 1 on each draw."""

    number: int
    amount_yuan: int
    on: date
    is_cancelled: bool = False


@dataclass(frozen=True)
class Draw:
    """One disbursement; numbers start at 1, in order of payment.

    Attributes
    ----------
    due_on : date or None
        The last day to repay it. None under a policy without lines: such a draw ends with its term,
        as then, whether it was repaid or not.
    """

    number: int
    amount_yuan: int
    on: date
    is_cancelled: bool = False
    due_on: date | None = None
    repayments: tuple[Repayment, ...] = ()

    @property
    def repaid_yuan(self) -> int:
        """Principal repaid on record."""
        return sum(each.amount_yuan for each in self.repayments if not each.is_cancelled)

    @property
    def outstanding_yuan(self) -> int:
        """Principal paid out and not repaid on record; 0 if the payment was cancelled."""
        return 0 if self.is_cancelled else max(self.amount_yuan - self.repaid_yuan, 0)

    def days_past_due(self, today: date) -> int:
        """Return how many days its last day is past while it is outstanding; else 0."""
        if self.due_on is None or not self.outstanding_yuan:
            return 0
        return max((today - self.due_on).days, 0)


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
            day, due = date_in_china(entry.recorded_at), entry.body.get("due_on")
            draw = Draw(len(self.draws) + 1, entry.amount_yuan or 0, day)
            self.draws.append(replace(draw, due_on=date.fromisoformat(due)) if due else draw)
        elif entry.kind in ("DISBURSEMENT_CANCELLED", "REPAID", "REPAYMENT_CANCELLED"):
            if isinstance(number, int) and 0 < number <= len(self.draws):
                self.draws[number - 1] = _changed(self.draws[number - 1], entry)
        elif entry.kind in ("DISBURSEMENT_PROPOSED", "CANCELLATION_PROPOSED"):
            amount, until = entry.amount_yuan or 0, lapse_of(entry)
            pending = Pending(entry.entry_id, amount, number, entry.actor, until)
            self.proposals[entry.entry_id] = pending
        self.proposals.pop(entry.body.get("proposal", ""), None)


def _changed(draw: Draw, entry: Entry) -> Draw:
    """Return `draw` after a cancellation, a repayment, or the cancellation of a repayment."""
    if entry.kind == "DISBURSEMENT_CANCELLED":
        return replace(draw, is_cancelled=True)
    paid = draw.repayments
    if entry.kind == "REPAID":
        day = date.fromisoformat(entry.body.get("repaid_on") or draw.on.isoformat())
        new = Repayment(len(paid) + 1, entry.amount_yuan or 0, day)
        return replace(draw, repayments=(*paid, new))
    undone = entry.body.get("repayment")
    return replace(
        draw,
        repayments=tuple(
            replace(each, is_cancelled=True) if each.number == undone else each for each in paid
        ),
    )


def lapse_of(entry: Entry) -> datetime:
    """Return when the claim or the proposal in `entry` lapses."""
    until = entry.body.get("until")
    return datetime.fromisoformat(until) if until else entry.recorded_at
