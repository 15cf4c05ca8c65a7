"""The portfolio and the concentration count what the bank has beside the ledger."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from api.core.calendar import date_in_china
from api.editions.edition import PlaceFilter
from api.payments.commands import Disburse
from api.payments.repayments import Repay
from api.portfolio.concentration import concentration, largest_exposure, largest_share
from api.portfolio.persons import Persons
from api.portfolio.portfolio import portfolio
from api.portfolio.tally import Tally
from tests.api.reconciliation.test_settling import settle
from tests.conftest import Desk
from tests.support.bank import Bank

Member = dict[str, Any]


def everywhere(_: str) -> bool:
    return True


def row_of(desk: Desk, tally: Tally, level: str = "total") -> Any:
    with desk.ledger.read() as view:
        totals, beside = tally.totals(view), tally.beside(view)
    rows = portfolio(desk.resources.edition, totals, beside, level, everywhere, desk.now.year)
    return max(rows, key=lambda row: row["exposure_yuan"] or 0)


def test_the_exposure_of_a_place_follows_the_books_and_what_a_person_settles(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    tally = Tally()  # one tally throughout: it must keep up
    desk.do(Disburse(None, "o-2", line, 5_000, desk.resources))
    assert row_of(desk, tally)["exposure_yuan"] == 5_000
    bank.lends("L1", member["member_id"], 5_000)
    bank.changes("L1", outstanding_yuan=7_000)
    bank.lends("L9", member["member_id"], 3_000, date(2023, 11, 1))
    desk.now += timedelta(days=60)
    bank.arrives(date_in_china(desk.now))
    row = row_of(desk, tally)
    assert (row["exposure_yuan"], row["loans"]) == (10_000, 2)
    assert row["in_total"]["disbursed_yuan"] == 5_000
    for found in bank.differences():
        desk.do(settle(desk, found, "LEDGER"))
    row = row_of(desk, tally)
    assert (row["exposure_yuan"], row["loans"]) == (5_000, 1)
    bank.changes("L1", outstanding_yuan=1_000)
    bank.arrives(date_in_china(desk.now))
    assert row_of(desk, tally)["exposure_yuan"] == 5_000
    (found,) = bank.differences()
    desk.do(settle(desk, found, "BANK"))
    assert row_of(desk, tally)["exposure_yuan"] == 1_000
    desk.do(Repay(None, "o-3", line, 1, 4_000, date(2023, 10, 20)))
    assert row_of(desk, tally)["exposure_yuan"] == 1_000, "both say so now"
    assert row_of(desk, Tally()) == row_of(desk, tally)


def test_one_borrower_of_the_bank_alone_is_hidden_as_any_small_cell(
    desk: Desk, bank: Bank, member: Member
) -> None:
    bank.lends("L9", member["member_id"], 3_000, date(2023, 11, 1))
    desk.now += timedelta(days=60)
    bank.arrives(date_in_china(desk.now))
    tally = Tally()
    exact = row_of(desk, tally, "village")
    assert (exact["place_code"], exact["exposure_yuan"]) == (member["village_code"], 3_000)
    with desk.ledger.read() as view:
        totals, beside = tally.totals(view), tally.beside(view)
        of_ledger = Persons().small_cells(view, tally.differences(view), desk.now.year, 5)
    hidden = desk.resources.edition.small_cells(5), of_ledger
    for level in ("village", "county", "total"):
        rows = portfolio(
            desk.resources.edition, totals, beside, level, everywhere, desk.now.year, hidden
        )
        (row,) = (r for r in rows if member["village_code"].startswith(r["place_code"]))
        assert (row["loans"], row["exposure_yuan"]) == (None, None)


@pytest.fixture
def borrowers(desk: Desk) -> list[Member]:
    """Twelve members with a loan of 1,000 yuan each."""
    rows = desk.resources.edition.page(PlaceFilter(), "FIRST", None, 1_200)
    members = [row for row in rows if row["limit_yuan"] >= 4_000 and not row["knock_outs"]][:12]
    for member in members:
        decision = desk.decide(member, 4_000)
        desk.do(Disburse(None, "officer-2", decision, 1_000, desk.resources))
    return members


def test_the_concentration_counts_the_larger_of_ledger_and_bank(
    desk: Desk, bank: Bank, borrowers: list[Member]
) -> None:
    for number, member in enumerate(borrowers):
        bank.lends(f"L{number}", member["member_id"], 1_000)
    bank.changes("L0", outstanding_yuan=9_000)
    desk.now += timedelta(days=60)
    bank.arrives(date_in_china(desk.now))
    tally = Tally()
    with desk.ledger.read() as view:
        totals, beside = tally.totals(view), tally.beside(view)
        paid = largest_share(view, ("",), everywhere)
        out = largest_exposure(view, tally, ("",), everywhere)
    table = portfolio(desk.resources.edition, totals, beside, "village", everywhere, 2023)
    rows = {row["place_code"]: row for row in concentration(table)}
    assert paid == round(100 * 10 / 12, 1)
    assert out == round(100 * (9 + 9) / (9 + 11), 1)
    mine = rows[borrowers[0]["village_code"]]
    assert mine["exposure_yuan"] == mine["disbursed_yuan"] + 8_000
    assert mine["exposure_percent"] > mine["share_percent"]
    assert sum(row["exposure_yuan"] for row in rows.values()) == 20_000
