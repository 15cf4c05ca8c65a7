"""Arrears, expected against actual loss, and the trend, from the entries of the ledger alone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from api.cases.case import case_of
from api.core.calendar import date_in_china
from api.decisions.commands import Decide
from api.payments.commands import CancelDisbursement, Disburse
from api.payments.repayments import CancelRepayment, Repay
from api.portfolio.book import Book, Books, Month, months_until
from api.portfolio.months import trend
from api.portfolio.quality import quality
from model.decision.decision import Request
from tests.conftest import Desk

Row = dict[str, Any]
#: Of policy.yaml, on the day of the desk.
LGD, EAD = 0.6, 0.9


def paid(desk: Desk, *amounts: int) -> str:
    """Decide on a member of the first tier and pay out; return the decision."""
    member = desk.member("FIRST")
    profile = desk.resources.edition.profile(member["member_id"])
    assert profile is not None
    today = date_in_china(desk.now)
    request = Request(sum(amounts), 12, "inputs", revolving=False)
    found: str = desk.do(
        Decide(None, "o-1", member["member_id"], request, profile, desk.resources, today)
    )["decision_id"]
    for amount in amounts:
        desk.do(Disburse(None, "o-2", found, amount, desk.resources))
    return found


def book(desk: Desk) -> Book:
    with desk.ledger.read() as view:
        return Books().at(view)


def total(desk: Desk, today: date, smallest: int | None = None) -> Row:
    loans = book(desk).all_loans()
    edition = desk.resources.edition
    (row,) = quality(edition, loans, "total", lambda _: True, today, smallest)
    return row


def last_day(desk: Desk, decision: str) -> date:
    with desk.ledger.read() as view:
        due = case_of(view, decision).draws[0].due_on
    assert due is not None
    return due


@pytest.mark.parametrize(
    ("days", "band"),
    [(0, "current"), (1, "overdue_1_29"), (29, "overdue_1_29"), (30, "overdue_30_59"),
     (60, "overdue_60_89"), (89, "overdue_60_89"), (90, "overdue_from_90")],
)  # fmt: skip
def test_a_borrower_counts_once_in_the_band_of_the_worst_day(
    desk: Desk, days: int, band: str
) -> None:
    decision = paid(desk, 2_000, 1_000)
    row = total(desk, last_day(desk, decision) + timedelta(days=days))
    assert (row["borrowers"], row["running"], row["drawn_yuan"]) == (1, 1, 3_000)
    bands = {name: row[name] for name in row if name.startswith(("current", "overdue"))}
    assert {name: count for name, count in bands.items() if count} == {
        band: 1,
        f"{band}_yuan": 3_000,
    }


def test_what_is_repaid_is_not_past_due_and_what_was_cancelled_never_was(desk: Desk) -> None:
    decision = paid(desk, 2_000, 1_000)
    late = last_day(desk, decision) + timedelta(days=95)
    today = date_in_china(desk.now)
    desk.do(CancelDisbursement(None, "o-3", decision, 2))
    desk.do(Repay(None, "o-3", decision, 1, 1_500, today))
    row = total(desk, late)
    assert (row["drawn_yuan"], row["overdue_from_90_yuan"], row["defaulted_yuan"]) == (
        2_000,
        500,
        500,
    )
    desk.do(CancelRepayment(None, "o-4", decision, 1, 1))
    assert total(desk, late)["overdue_from_90_yuan"] == 2_000
    desk.do(Repay(None, "o-3", decision, 1, 2_000, today))
    row = total(desk, late)
    assert (row["running"], row["defaulted"], row["judged"]) == (0, 0, 1)


def test_the_loss_that_was_expected_is_that_of_the_decision(desk: Desk) -> None:
    decision = paid(desk, 2_000, 1_000)
    with desk.ledger.read() as view:
        pd = case_of(view, decision).answer["pd"]
    due = last_day(desk, decision)
    assert total(desk, due + timedelta(days=89))["judged"] == 0, "the outcome is not known yet"
    row = total(desk, due + timedelta(days=90))
    assert row["judged_yuan"] == 3_000
    assert row["expected_default_yuan"] == round(pd * EAD * 3_000)
    assert row["expected_loss_yuan"] == round(pd * EAD * LGD * 3_000)
    assert (row["defaulted_yuan"], row["loss_yuan"]) == (3_000, round(LGD * 3_000))


def test_few_borrowers_are_hidden_with_their_amounts(desk: Desk) -> None:
    decision = paid(desk, 3_000)
    row = total(desk, last_day(desk, decision) + timedelta(days=90), smallest=5)
    shown = {
        name: row[name]
        for name in row
        if name not in ("place_code", "county", "township", "village")
    }
    assert {name for name, count in shown.items() if count} == set()
    assert shown["borrowers"] is None
    assert shown["overdue_from_90_yuan"] is None
    assert shown["loss_yuan"] is None


def test_a_book_that_reads_on_is_the_book_that_reads_all(desk: Desk) -> None:
    books = Books()
    decision = paid(desk, 2_000, 1_000)
    with desk.ledger.read() as view:
        books.at(view)
    desk.do(Repay(None, "o-3", decision, 1, 500, date_in_china(desk.now)))
    desk.do(CancelDisbursement(None, "o-3", decision, 2))
    with desk.ledger.read() as view:
        assert books.at(view) == Books().at(view)


def test_a_month_adds_what_was_decided_paid_and_repaid_in_it(desk: Desk) -> None:
    decision = paid(desk, 2_000, 1_000)
    first = date_in_china(desk.now)
    desk.now += timedelta(days=31)
    desk.do(Repay(None, "o-3", decision, 1, 500, date_in_china(desk.now)))
    desk.do(CancelDisbursement(None, "o-3", decision, 2))
    months = months_until(date_in_china(desk.now), 2)
    assert months == [first.replace(day=1), date_in_china(desk.now).replace(day=1)]
    rows = trend(book(desk).months, months, "", lambda _: True)
    assert rows == [
        {"month": months[0], "decisions": 1, "disbursements": 2, "disbursed_yuan": 3_000,
         "repayments": 0, "repaid_yuan": 0},
        {"month": months[1], "decisions": 0, "disbursements": -1, "disbursed_yuan": -1_000,
         "repayments": 1, "repaid_yuan": 500},
    ]  # fmt: skip


def month_of(persons: int, each: int = 1) -> Month:
    """Return a month with `each` decisions on each of `persons`."""
    month = Month()
    for person in range(persons):
        month.add("decisions", f"person-{person}", each)
    return month


def test_the_rest_of_a_year_does_not_reveal_a_small_month() -> None:
    months = months_until(date(2026, 6, 1), 3)
    counts = dict(zip(months, (2, 40, 9), strict=True))
    found = {("371502001001", month): month_of(n) for month, n in counts.items()}
    rows = trend(found, months, "", lambda _: True, smallest=5)
    assert [row["decisions"] for row in rows] == [None, 40, None]


def test_many_decisions_on_one_person_in_a_month_are_hidden() -> None:
    months = months_until(date(2026, 6, 1), 3)
    found = {
        ("371502001001", months[0]): month_of(1, each=12),
        ("371502001001", months[1]): month_of(40),
        ("371502001001", months[2]): month_of(30),
    }
    rows = trend(found, months, "", lambda _: True, smallest=5)
    assert [row["decisions"] for row in rows] == [None, 40, None]


def test_the_months_cross_the_turn_of_a_year() -> None:
    assert months_until(date(2026, 1, 31), 3) == [
        date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1),
    ]  # fmt: skip
