"""The payments of a case, and what is proposed and not yet confirmed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from api.cases.bank import BANK_SAID, BankSide, bank_side_after
from api.core.calendar import date_in_china
from api.ledger.entries import Entry
from model.policy.controls import Duty
from model.reconciliation.comparison import Difference, Payment

#: Kinds of entry that change one payment.
_OF_DRAW = ("DISBURSEMENT_CANCELLED", "REPAID", "REPAYMENT_CANCELLED", *BANK_SAID)


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
    bank : BankSide or None
        What the bank's books say of it; None before they were compared.
    seq : int
        The entry that paid it.
    """

    number: int
    amount_yuan: int
    on: date
    is_cancelled: bool = False
    due_on: date | None = None
    repayments: tuple[Repayment, ...] = ()
    cancelled_on: date | None = None
    bank: BankSide | None = None
    seq: int = 0

    @property
    def repaid_yuan(self) -> int:
        """Principal repaid on record."""
        return sum(each.amount_yuan for each in self.repayments if not each.is_cancelled)

    @property
    def outstanding_yuan(self) -> int:
        """Principal paid out and not repaid on record; 0 if the payment was cancelled."""
        return 0 if self.is_cancelled else max(self.amount_yuan - self.repaid_yuan, 0)

    @property
    def payment(self) -> Payment:
        """The payment by the days on which money moved, as it is compared with the bank's loan."""
        paid_back = [
            (each.on, each.amount_yuan) for each in self.repayments if not each.is_cancelled
        ]
        return Payment(self.amount_yuan, self.on, tuple(paid_back), self.due_on, self.cancelled_on)

    @property
    def difference(self) -> Difference | None:
        """In what the bank's loan differs from it, as of the bank's books; None if in nothing."""
        return self.bank.difference(self.payment) if self.bank else None

    @property
    def extra_yuan(self) -> int:
        """What counts beside what is outstanding on record, by the bank's side; may be below 0."""
        return self.bank.extra_yuan(self.payment, self.outstanding_yuan) if self.bank else 0

    @property
    def exposure_yuan(self) -> int:
        """What counts as out: the larger of ledger and bank until a person settles which it is."""
        return max(self.outstanding_yuan + self.extra_yuan, 0)

    @property
    def is_owed_at_bank(self) -> bool:
        """Whether the bank's books show some of it as owed, and nobody ruled otherwise."""
        if self.bank is None or not self.bank.figures.outstanding_yuan:
            return False
        return self.difference is None or self.bank.side(self.difference) != "LEDGER"

    def days_past_due(self, today: date) -> int:
        """Return how many days its last day is past while it is owed, or as the bank says; else 0.

        The bank's arrears count until a person settles that the ledger is right.
        """
        if not self.exposure_yuan:
            return 0
        is_out = self.due_on is not None and self.outstanding_yuan
        own = (today - self.due_on).days if self.due_on and is_out else 0
        return max(own, self._days_past_due_at_bank(today), 0)

    def _days_past_due_at_bank(self, today: date) -> int:
        found = self.difference
        if self.bank is None or found is None or self.bank.side(found) == "LEDGER":
            return 0
        if "ARREARS_AT_BANK_ONLY" not in found.kinds:
            return 0
        return self.bank.figures.days_past_due + max((today - self.bank.books.on).days, 0)


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

    @property
    def duty(self) -> Duty:
        """The duty that whoever confirms it does."""
        return "pay" if self.number is None else "cancel"


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
            draw = Draw(len(self.draws) + 1, entry.amount_yuan or 0, day, seq=entry.seq)
            self.draws.append(replace(draw, due_on=date.fromisoformat(due)) if due else draw)
        elif entry.kind in _OF_DRAW:
            if isinstance(number, int) and 0 < number <= len(self.draws):
                self.draws[number - 1] = _changed(self.draws[number - 1], entry)
        elif entry.kind in ("DISBURSEMENT_PROPOSED", "CANCELLATION_PROPOSED"):
            amount, until = entry.amount_yuan or 0, lapse_of(entry)
            pending = Pending(entry.entry_id, amount, number, entry.actor, until)
            self.proposals[entry.entry_id] = pending
        self.proposals.pop(entry.body.get("proposal", ""), None)


def _changed(draw: Draw, entry: Entry) -> Draw:
    """Return `draw` after a cancellation, a repayment or its cancellation, or the bank's word."""
    if entry.kind == "DISBURSEMENT_CANCELLED":
        return replace(draw, is_cancelled=True, cancelled_on=date_in_china(entry.recorded_at))
    if entry.kind in BANK_SAID:
        return replace(draw, bank=bank_side_after(draw.bank, entry))
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
