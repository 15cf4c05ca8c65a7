"""The bank's side of the ledger: what its books say of a loan, and what a person settled of it.

A fold over two kinds of entry. ``BANK_REPORTED``: what an import brought of one loan, with the day
of the books. ``DIFFERENCE_SETTLED``: whose figures hold. The difference itself is stored nowhere:
it follows from the last report and from what the ledger has as of the day of those books. So a
settlement binds only the two figures that it was given for, and only until the next report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, get_args

from api.core.calendar import date_in_china
from api.ledger.entries import Entry, Kind
from model.reconciliation.comparison import (
    BankFigures,
    Books,
    Difference,
    Payment,
    Presence,
    Side,
    compare,
)

#: What the bank reported of a loan, and what a person settled.
BANK_SAID: tuple[Kind, ...] = ("BANK_REPORTED", "DIFFERENCE_SETTLED")
#: Outcomes of a report. ``MOVED``: the loan was without a payment, and now has one.
DIFFERS, AGREES, MOVED = "DIFFERS", "AGREES", "MOVED"
#: Fields of an entry by which it states the difference that it found or settled.
FIGURES = ("kinds", "bank_yuan", "ledger_yuan", "bank_lent_yuan", "ledger_paid_yuan")


@dataclass(frozen=True)
class Settlement:
    """What one person settled.

    Attributes
    ----------
    figures : mapping
        The difference that it was given for, as `figures_of`.
    on : date
        The day in China.
    is_final : bool
        False while a second person must settle it the same way.
    """

    side: Side
    figures: Mapping[str, Any]
    by: str
    on: date
    is_final: bool


@dataclass(frozen=True)
class BankSide:
    """The bank's side of one loan.

    Attributes
    ----------
    loan : str
        Our own id of the loan; the bank's is sealed in the entry `report_id`.
    number : int or None
        The payment on the decision; None for a loan without one.
    first_on : date
        The day of the first report.
    settlements : tuple of Settlement
        What was settled since the last report.
    """

    loan: str
    number: int | None
    report_id: str
    first_on: date
    place_code: str
    lent_on: date | None
    figures: BankFigures
    books: Books
    settlements: tuple[Settlement, ...] = ()

    def difference(self, payment: Payment | None) -> Difference | None:
        """Return in what the bank's loan and `payment` differ; None if they agree."""
        return compare(payment, self.figures, self.books)

    def settled(self, difference: Difference) -> Settlement | None:
        """Return what was settled of exactly `difference`, by as many people as it takes."""
        return next((each for each in self._of(difference) if each.is_final), None)

    def awaiting(self, difference: Difference) -> Settlement | None:
        """Return what a first person settled of `difference`, while a second one is needed."""
        last = next(iter(self._of(difference)), None)
        return last if last and not last.is_final else None

    def settled_alone(self, difference: Difference) -> Settlement | None:
        """Return what one person settled of `difference` without another who said the same."""
        found = self.settled(difference)
        said = self._of(difference)
        if found and any(each.side == found.side and each.by != found.by for each in said):
            return None
        return found

    def side(self, difference: Difference) -> Side | None:
        """Return whose figure holds; None while it is open."""
        found = self.settled(difference)
        return found.side if found else None

    def extra_yuan(self, payment: Payment | None, outstanding_yuan: int) -> int:
        """Return what counts beyond, or below 0 short of, what the ledger has outstanding."""
        found = self.difference(payment)
        return found.extra_yuan(self.side(found), outstanding_yuan) if found else 0

    def _of(self, difference: Difference) -> Iterable[Settlement]:
        wanted = figures_of(difference)
        return (each for each in reversed(self.settlements) if each.figures == wanted)


def figures_of(difference: Difference | None) -> dict[str, Any]:
    """Return the difference as an entry states it; of none, no kind."""
    if difference is None:
        return {"kinds": []}
    return {name: _plain(getattr(difference, name)) for name in FIGURES}


def bank_side_after(side: BankSide | None, entry: Entry) -> BankSide | None:
    """Return the bank's side of a loan after one more entry of `BANK_SAID` about it."""
    if entry.kind == "BANK_REPORTED":
        return _reported(side, entry)
    if side is None or entry.body.get("loan") != side.loan or entry.outcome not in get_args(Side):
        return side
    if entry.body.get("report") != side.report_id:
        return side
    figures = {name: entry.body.get(name) for name in FIGURES}
    is_final = not entry.body.get("second_needed")
    on = date_in_china(entry.recorded_at)
    new = Settlement(_side(entry.outcome), figures, entry.actor, on, is_final)
    return replace(side, settlements=(*side.settlements, new))


def loans_without_payment(entries: Iterable[Entry]) -> dict[str, BankSide]:
    """Return the bank's side of each loan of a member that has no payment, by our id of it."""
    found: dict[str, BankSide] = {}
    for entry in entries:
        loan = entry.body.get("loan")
        if entry.kind not in BANK_SAID or entry.decision_id or not isinstance(loan, str):
            continue
        side = bank_side_after(found.get(loan), entry)
        if side is None or entry.outcome == MOVED:
            found.pop(loan, None)
        else:
            found[loan] = side
    return found


def yuan_without_payment(entries: Iterable[Entry], since: date = date.min) -> int:
    """Return what counts of a member's loans without payment, first reported from `since` on."""
    sides = loans_without_payment(entries).values()
    return sum(max(each.extra_yuan(None, 0), 0) for each in sides if each.first_on >= since)


def _reported(before: BankSide | None, entry: Entry) -> BankSide | None:
    """Return what `entry` reports; a report in a form that nobody knows changes nothing."""
    body = entry.body
    try:
        presence: Presence = body["presence"]
        figures = BankFigures(
            presence,
            body["lent_yuan"],
            entry.amount_yuan or 0,
            body["days_past_due"],
            body["surplus_yuan"],
        )
        on, complete_to = (date.fromisoformat(body[name]) for name in ("books_on", "complete_to"))
        books = Books(on, complete_to, body["tolerance_days"], body["tolerance_yuan"])
        lent_on = date.fromisoformat(body["lent_on"]) if body["lent_on"] else None
        loan = str(body["loan"])
    except (KeyError, ValueError, TypeError):
        return before
    first_on = before.first_on if before else date_in_china(entry.recorded_at)
    number = body.get("number")
    place = entry.place_code
    return BankSide(loan, number, entry.entry_id, first_on, place, lent_on, figures, books)


def _side(outcome: str | None) -> Side:
    return "BANK" if outcome == "BANK" else "LEDGER"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
