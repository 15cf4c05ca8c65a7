"""The loan book: every payment of the ledger with what is repaid, and what each month added.

A fold over the entries, kept in memory and never stored, as the tally is; it reads new entries
whenever it is used. Its size grows with payments, and with villages and months.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Request
from sqlalchemy import and_, bindparam, case, null, select

from api.core.calendar import date_in_china
from api.editions.small_cells import SmallCells
from api.ledger.commands import View
from api.ledger.entries import BodyText
from api.ledger.tables import entries
from model.policy.policy import stored_policy

_RANGE_SIZE = 20_000
_MONTH_AMOUNTS = {"disbursements": "disbursed_yuan", "repayments": "repaid_yuan"}
_MONEY = ("DISBURSED", "DISBURSEMENT_CANCELLED", "REPAID", "REPAYMENT_CANCELLED")


class Terms(NamedTuple):
    """What a decision said of the loss: whole numbers, so that sums are exact.

    Attributes
    ----------
    pd_millionths : int
        Probability of default by the score.
    lgd_percent, ead_percent : int
        Loss given default and exposure at default, by the policy of the decision.
    """

    pd_millionths: int
    lgd_percent: int
    ead_percent: int


@dataclass
class Loan:
    """One payment: what is out, until when, and what was expected to be lost when it was decided.

    Attributes
    ----------
    decided_at_seq : int
        Number of the ledger's entry that is the decision.
    due_on : date or None
        Last day to repay it; None under a policy without lines.
    terms : Terms or None
        None without a score, and under a policy without LGD and EAD.
    """

    subject_id: str
    village: str
    decided_at_seq: int
    amount_yuan: int
    due_on: date | None
    terms: Terms | None = None
    repaid_yuan: int = 0
    is_cancelled: bool = False

    @property
    def outstanding_yuan(self) -> int:
        """Principal paid out and not repaid on record."""
        return 0 if self.is_cancelled else max(self.amount_yuan - self.repaid_yuan, 0)

    def days_past_due(self, today: date) -> int:
        """Return how many days its last day is past while principal is outstanding; else 0."""
        if self.due_on is None or not self.outstanding_yuan:
            return 0
        return max((today - self.due_on).days, 0)


@dataclass
class Month:
    """What one month added in one village.

    Attributes
    ----------
    of_persons : dict
        Count and amount by column and person.
    """

    decisions: int = 0
    disbursements: int = 0
    disbursed_yuan: int = 0
    repayments: int = 0
    repaid_yuan: int = 0
    of_persons: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)

    def add(self, name: str, subject_id: str, count: int, yuan: int = 0) -> None:
        """Add to the count `name` and to its amount, and to the part of the person."""
        setattr(self, name, getattr(self, name) + count)
        if name in _MONTH_AMOUNTS:
            amount = _MONTH_AMOUNTS[name]
            setattr(self, amount, getattr(self, amount) + yuan)
        mine = self.of_persons.get((name, subject_id), (0, 0))
        self.of_persons[name, subject_id] = (mine[0] + count, mine[1] + yuan)

    def persons(self, name: str) -> set[str]:
        """Return the persons whose part of the count `name`, or of its amount, is not nothing."""
        return {
            subject for (of, subject), part in self.of_persons.items() if of == name and any(part)
        }


@dataclass(frozen=True)
class Book:
    """The fold up to one entry: loans by decision in order of payment; months by village.

    Attributes
    ----------
    months : mapping
        By village and first day of the month, in China.
    small_months : mapping
        The small cells of the months, as `api.portfolio.months.trend` found them: by the last
        month and the threshold.
    """

    loans: dict[str, list[Loan]] = field(default_factory=dict)
    months: dict[tuple[str, date], Month] = field(default_factory=dict)
    small_months: dict[tuple[date, int], SmallCells] = field(default_factory=dict)

    def all_loans(self) -> Iterator[Loan]:
        """Yield every payment that was not cancelled."""
        for loans in self.loans.values():
            yield from (loan for loan in loans if not loan.is_cancelled)


class Books:
    """The book of one process, shared by its requests."""

    def __init__(self) -> None:
        self._seq = 0
        self._book = Book()
        self._weights: dict[tuple[str, date], tuple[int, int] | None] = {}
        self.lock = threading.Lock()

    def at(self, view: View) -> Book:
        """Return the book up to the last entry of `view`; whoever reads it holds `lock`."""
        while self._seq < view.last_seq:
            upto = min(self._seq + _RANGE_SIZE, view.last_seq)
            within = {"after": self._seq, "upto": upto}
            # Read everything before changing anything: a failing database leaves the fold whole.
            decided = self._decided(view, within)
            rows = view.connection.execute(_ROWS, within).all()
            for row in rows:
                self._add(row, decided)
            self._book.small_months.clear()
            self._seq = upto
        return self._book

    def _add(self, row: Any, decided: Mapping[str, tuple[int, Terms | None]]) -> None:
        day = date_in_china(datetime.fromisoformat(str(row.recorded_at)))
        month = self._book.months.setdefault((row.place_code, day.replace(day=1)), Month())
        amount, loans = row.amount_yuan or 0, self._book.loans.get(row.decision_id, [])
        if row.kind == "DECISION":
            month.add("decisions", row.subject_id, 1)
        elif row.kind == "DISBURSED":
            month.add("disbursements", row.subject_id, 1, amount)
            due = date.fromisoformat(row.due_on) if row.due_on else None
            seq, terms = decided.get(row.decision_id, (0, None))
            loan = Loan(row.subject_id, row.place_code, seq, amount, due, terms)
            self._book.loans.setdefault(row.decision_id, []).append(loan)
        elif 0 < int(row.number or 0) <= len(loans):
            _change(loans[int(row.number) - 1], month, row.kind, amount)

    def _decided(
        self, view: View, within: Mapping[str, int]
    ) -> dict[str, tuple[int, Terms | None]]:
        """Return number and terms of the decisions that are paid on within a range of entries."""
        found: dict[str, tuple[int, Terms | None]] = {}
        for decision, seq, moment, pd, digest in view.connection.execute(_DECIDED, within):
            day = date_in_china(datetime.fromisoformat(str(moment)))
            if (digest, day) not in self._weights:
                self._weights[digest, day] = _weights(view, digest, day)
            weights = self._weights[digest, day]
            terms = None
            if pd is not None and weights is not None:
                terms = Terms(round(float(pd) * 1_000_000), *weights)
            found[decision] = int(seq), terms
        return found


def _change(loan: Loan, month: Month, kind: str, amount: int) -> None:
    if kind == "DISBURSEMENT_CANCELLED":
        loan.is_cancelled = True
        month.add("disbursements", loan.subject_id, -1, -loan.amount_yuan)
        return
    sign = 1 if kind == "REPAID" else -1
    loan.repaid_yuan += sign * amount
    month.add("repayments", loan.subject_id, sign, sign * amount)


def _weights(view: View, digest: str, day: date) -> tuple[int, int] | None:
    """Return LGD and EAD, in percent, by the stored policy of a decision of `day`."""
    payload = view.version(digest)
    policy = stored_policy(payload, day) if payload else None
    if policy is None or not policy.prices_costs:
        return None
    return policy["loss_given_default_percent"], policy["exposure_at_default_percent"]


def _of_money(path: str) -> Any:
    """Return a text of the body of an entry of money; the bodies of decisions are not parsed."""
    return case((entries.c.kind == "DECISION", null()), else_=BodyText(path)).label(path)


_IN_RANGE = and_(bindparam("after") < entries.c.seq, bindparam("upto") >= entries.c.seq)
_ROWS = (
    select(
        *(
            entries.c[name]
            for name in (
                "kind", "decision_id", "subject_id", "place_code", "recorded_at", "amount_yuan"
            )
        ),
        _of_money("due_on"),
        _of_money("number"),
    )
    .where(_IN_RANGE, entries.c.kind.in_(("DECISION", *_MONEY)))
    .order_by(entries.c.seq)
)  # fmt: skip
_PAID = select(entries.c.decision_id).where(_IN_RANGE, entries.c.kind == "DISBURSED")
_DECIDED = select(
    entries.c.decision_id,
    entries.c.seq,
    entries.c.recorded_at,
    BodyText("answer.pd"),
    BodyText("policy_digest"),
).where(entries.c.kind == "DECISION", entries.c.decision_id.in_(_PAID))


def months_until(last: date, count: int) -> Sequence[date]:
    """Return the first days of `count` months, oldest first, up to the month of `last`."""
    number = last.year * 12 + last.month - 1
    return [date(each // 12, each % 12 + 1, 1) for each in range(number - count + 1, number + 1)]


async def books_of(request: Request) -> Books:
    """Return the book of this process."""
    books: Books = request.app.state.books
    return books


BooksInUse = Annotated[Books, Depends(books_of)]
