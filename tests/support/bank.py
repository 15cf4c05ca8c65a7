"""A bank whose books tests write by hand, and what the ledger records of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from api.core.calendar import date_in_china, months_after
from api.ledger.store import utc_now
from api.reconciliation.differences import differences_page
from api.reconciliation.recording import ImportedBooks, RecordBooks
from model.policy.reconciliation import ReconciliationLimits
from model.reconciliation.matching import BankLoan

if TYPE_CHECKING:
    from tests.conftest import Desk
    from tests.support.fixtures.branch import Branch

LIMITS = ReconciliationLimits(
    book_since=date(2023, 10, 1), books_lag_days=31, tolerance_days=5, tolerance_yuan=1
)


@dataclass
class Bank:
    """The bank's books of one desk: loans by id, and members without one."""

    desk: Desk
    loans: dict[str, BankLoan] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    actor: str = "console:operator"
    limits: ReconciliationLimits = LIMITS

    def lends(self, loan_id: str, member_id: str, yuan: int, on: date | None = None) -> None:
        """Write a new loan into the books."""
        day = on or date_in_china(self.desk.now)
        self.loans[loan_id] = BankLoan(loan_id, member_id, day, yuan, yuan, 0, date.max)
        self.members.add(member_id)

    def changes(self, loan_id: str, **figures: Any) -> None:
        """Change what the books say of a loan."""
        self.loans[loan_id] = replace(self.loans[loan_id], **figures)

    def loses(self, loan_id: str) -> None:
        """Take a loan out of the books, as a later import without it does."""
        del self.loans[loan_id]

    def books(self, on: date, *members: str, since: date = LIMITS.book_since) -> ImportedBooks:
        """Return the books of `on` for every member known here and `members`."""
        wanted = {*self.members, *members}
        loans = {
            member: [each for each in self.loans.values() if each.member_id == member]
            for member in sorted(wanted)
        }
        rows = (self.desk.resources.edition.village_of(member) for member in wanted)
        days = {village[:6]: on for village in rows if village}
        return ImportedBooks(days, loans, self.limits, since)

    def arrives(self, on: date, *members: str, since: date = LIMITS.book_since) -> dict[str, Any]:
        """Record the books of `on`, as an import brings them; return what the command answers."""
        books = self.books(on, *members, since=since)
        return self.desk.do(RecordBooks(self.actor, books, self.desk.resources.edition))

    def differences(self, *, settled: bool = False) -> list[dict[str, Any]]:
        """Return the open differences, or those that a person settled, as the route lists them."""
        from api.portfolio.tally import Tally

        with self.desk.ledger.read() as view:
            rows, _ = differences_page(
                view, Tally().differing(view), lambda _: True, "", 100, settled=settled
            )
        return rows


def moment(day: date) -> datetime:
    """Return the evening of `day` on the bank's clock."""
    return datetime.combine(day, time(20))


def rows_of_loans(
    loan_id: str,
    member_id: str,
    yuan: int,
    on: date,
    *,
    instalments: int = 1,
    paid: Mapping[int, date] | None = None,
    recorded: date | None = None,
    product: str = "rongzi_e",
    decision: str = "approved",
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of ``loans`` and ``instalments`` of one loan in equal parts, monthly.

    Parameters
    ----------
    paid
        Day of payment in full by number of the instalment.
    recorded
        The day on which the bank recorded all of it; without it, the day of the loan.
    """
    loan = {
        "loan_id": loan_id, "member_id": member_id, "product": product, "applied_on": on,
        "decision": decision, "disbursed_on": on if decision == "approved" else None,
        "amount": yuan, "months": max(instalments, 1), "repayment": "equal_principal",
        "recorded_at": moment(recorded or on),
    }  # fmt: skip
    done, known = paid or {}, moment(recorded or on)
    rows = [
        {"loan_id": loan_id, "number": number, "due_on": months_after(on, number),
         "principal_due": yuan // instalments, "interest_due": 0, "paid_on": done.get(number),
         "paid": yuan // instalments if number in done else None, "recorded_at": known}
        for number in range(1, instalments + 1)
    ]  # fmt: skip
    return {"loans": [loan]} | ({"instalments": rows} if rows else {})


def report_loan(branch: Branch, loan_id: str, yuan: int) -> None:
    """Record books in which the branch's member has a loan of which the ledger knows nothing."""
    member, day = branch.member["member_id"], date_in_china(utc_now())
    loan = BankLoan(loan_id, member, day - timedelta(days=2), yuan, yuan, 0, day)
    books = ImportedBooks(
        {branch.member["village_code"][:6]: day}, {member: [loan]}, LIMITS, LIMITS.book_since
    )
    edition = branch.app.state.service.resources().edition
    branch.app.state.ledger.write_now(RecordBooks("console:operator", books, edition))
