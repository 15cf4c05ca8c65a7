"""Arrears, expected against actual loss, and the trend, from the entries of the ledger alone."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from api.cases.case import case_of
from api.cases.listing import Filters, decisions_page
from api.core.calendar import date_in_china
from api.core.principal import Principal
from api.decisions.commands import Decide
from api.editions.edition import PlaceFilter
from api.editions.funnel import LEVELS
from api.payments.commands import CancelDisbursement, Disburse
from api.payments.repayments import CancelRepayment, Repay
from api.portfolio.book import Book, Books, Month, months_until
from api.portfolio.borrower import COUNTED, borrowers, decisions_counted
from api.portfolio.months import trend
from api.portfolio.quality import quality
from model.decision.decision import Request
from tests.conftest import Desk

Row = dict[str, Any]
#: Of policy.yaml, on the day of the desk.
LGD, EAD = 0.6, 0.9


def paid(desk: Desk, *amounts: int, member: Row | None = None) -> str:
    """Decide on a member of the first tier and pay out; return the decision."""
    member = member or desk.member("FIRST")
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


@pytest.fixture
def late_desk(desk: Desk) -> Desk:
    """Borrowers of the first tier in every band, some twice, one who repaid, one who never drew."""
    edition = desk.resources.edition
    rows = edition.page(PlaceFilter(), "FIRST", None, 1_200)
    able = [row for row in rows if row["limit_yuan"] >= 9_000]
    members = able[:: len(able) // 14][:14]
    assert len({row["village_code"][:9] for row in members}) > 1
    first = desk.now
    for number, member in enumerate(members[:-2]):
        desk.now = first + timedelta(days=9 * number)
        paid(desk, 2_000, 1_000, member=member)
    again = paid(desk, 3_000, member=members[3])
    repaid = paid(desk, 3_000, member=members[-2])
    for decision, amount in ((again, 500), (repaid, 3_000)):
        desk.do(Repay(None, "o-3", decision, 1, amount, date_in_china(desk.now)))
    desk.decide(members[-1], 3_000)
    days = (last_day(desk, repaid) - date_in_china(desk.now)).days
    desk.now += timedelta(days=days - 1)
    return desk


def test_the_list_behind_a_count_is_as_long_as_the_count(late_desk: Desk) -> None:
    desk, today = late_desk, date_in_china(late_desk.now)
    books, reader = Books(), Principal("auditor-1", frozenset({"auditor"}), ("",))
    with desk.ledger.read() as view:
        loans = list(books.at(view).all_loans())
        among = {count: decisions_counted(books, view, count) for count in COUNTED}
        for level in LEVELS:
            rows = quality(desk.resources.edition, loans, level, lambda _: True, today)
            for row, count in product(rows, COUNTED):
                code = {level: row["place_code"]} if level != "total" else {}
                place = PlaceFilter(**code, within=("",))
                filters = Filters(*[None] * 5, place, among[count])
                listed = decisions_page(view, desk.resources, reader, filters, None, 100).rows
                assert len(listed) == row[count], (row["place_code"], count)
                assert len({each.member_id for each in listed}) == row[count]
                assert all(each.place_code.startswith(row["place_code"]) for each in listed)
            assert all(sum(row[count] for row in rows) for count in COUNTED), "a case of each"
    first, _, latest = next(
        mine for mine in borrowers(loans).values() if len({x.decided_at_seq for x in mine}) > 1
    )
    assert first.decided_at_seq in among["running"], "the worst payment, not the latest"
    assert not any(latest.decided_at_seq in each for each in among.values())


def test_a_counted_list_continues_where_a_page_ends(late_desk: Desk) -> None:
    desk, books = late_desk, Books()
    reader = Principal("auditor-1", frozenset({"auditor"}), ("",))
    found, before = [], None
    with desk.ledger.read() as view:
        among = decisions_counted(books, view, "borrowers")
        filters = Filters(*[None] * 5, PlaceFilter(within=("",)), among)
        for _ in among:
            part = decisions_page(view, desk.resources, reader, filters, before, 5)
            found += [row.decision_id for row in part.rows]
            if part.next_cursor is None:
                break
            before = int(part.next_cursor)
    assert len(set(found)) == len(found) == len(among)


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
