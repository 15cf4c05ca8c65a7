"""Nothing counts by a copied figure: the fold ignores it, and verification finds it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from api.cases.case import case_of
from api.core.calendar import date_in_china
from api.ledger.commands import Answer, View, Written
from api.ledger.database import Location
from api.ledger.entries import Entry, NewEntry
from api.ledger.sealed_bodies import body_of
from api.payments.commands import Disburse
from api.reconciliation.settling import Settle
from api.verify.verify import verify_ledger
from tests.api.reconciliation.test_settling import settle
from tests.conftest import Desk
from tests.support.bank import Bank

Member = dict[str, Any]


@dataclass(frozen=True)
class Forge:
    """Write a copy of an entry with other values, as a service that was broken into might."""

    entry: Entry
    body: dict[str, Any]
    fields: dict[str, Any]
    idempotency: None = None

    def run(self, view: View) -> Written:
        """Seal and chain it as any entry."""
        names = NewEntry.__dataclass_fields__
        entry_id = str(uuid.uuid4())
        shown = {
            n: v for n, v in self.entry.body.items() if n not in ("found_sealed", "person_key")
        }
        body = body_of(
            view, self.entry.subject_id, entry_id, shown | self.body, {"note": "伪造的说明"}
        )
        copied = {name: getattr(self.entry, name) for name in names}
        new = NewEntry(**{**copied, **self.fields, "body": body, "entry_id": entry_id})
        return Written(Answer(201, b"{}"), (new,))


def findings(desk: Desk) -> list[str]:
    desk.restart()
    return [each.kind for each in verify_ledger(Location.of(desk.settings)).findings]


def settlement_of(desk: Desk) -> Entry:
    with desk.ledger.read() as view:
        return view.entries_where(("DIFFERENCE_SETTLED",))[-1]


@pytest.fixture
def settled(desk: Desk, bank: Bank, member: Member, line: str) -> str:
    """A line of which 5,000 was paid, 2,000 is owed at the bank, and the bank is right."""
    desk.do(Disburse(None, "o-2", line, 5_000, desk.resources))
    bank.lends("L1", member["member_id"], 5_000)
    bank.changes("L1", outstanding_yuan=2_000)
    desk.now += timedelta(days=60)
    bank.arrives(date_in_china(desk.now) - timedelta(days=1))
    (found,) = bank.differences()
    desk.do(settle(desk, found, "BANK"))
    return line


def test_a_settlement_of_figures_that_did_not_differ_counts_nothing_and_is_found(
    desk: Desk, bank: Bank, settled: str
) -> None:
    old = settlement_of(desk)
    bank.changes("L1", outstanding_yuan=1_000)
    bank.arrives(date_in_china(desk.now))
    desk.do(Forge(old, {}, {}))  # the settlement of 2,000, carried over to 1,000
    with desk.ledger.read() as view:
        assert case_of(view, settled).exposure_yuan == 5_000
    assert findings(desk) == ["difference"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"bank_yuan": 0}, {}),
        ({"kinds": ["LOAN_VANISHED"]}, {}),
        ({}, {"amount_yuan": 0}),
        ({}, {"outcome": "NOBODY"}),
    ],
)
def test_a_settlement_that_states_anything_else_is_found(
    desk: Desk, bank: Bank, settled: str, body: dict[str, Any], fields: dict[str, Any]
) -> None:
    desk.do(Forge(settlement_of(desk), body, fields))
    assert findings(desk) == ["difference"]


def test_a_report_that_calls_a_difference_agreed_is_found(
    desk: Desk, bank: Bank, settled: str
) -> None:
    with desk.ledger.read() as view:
        (report,) = view.entries_where(("BANK_REPORTED",))
    forged = Forge(report, {"kinds": [], "settled": True, "side": "LEDGER"}, {"outcome": "AGREES"})
    desk.do(forged)
    with desk.ledger.read() as view:
        draw = case_of(view, settled).draws[0]
    assert draw.difference is not None
    assert draw.exposure_yuan == 5_000, "the copied word settles nothing"
    assert findings(desk) == ["difference", "difference"]


def test_one_person_for_two_is_found(desk: Desk, bank: Bank, member: Member) -> None:
    desk.now = datetime(2026, 10, 9, 2, tzinfo=UTC)
    bank.lends("BIG", member["member_id"], 30_000)
    desk.now += timedelta(days=60)
    bank.arrives(date_in_china(desk.now))
    (found,) = bank.differences()
    first: Settle = settle(desk, found, "LEDGER")
    desk.do(first)
    with desk.ledger.read() as view:
        said = view.entries_where(("DIFFERENCE_SETTLED",))[-1]
    alone = replace(said, body={n: v for n, v in said.body.items() if n != "second_needed"})
    desk.do(Forge(alone, {}, {}))
    assert findings(desk) == ["difference"]


def test_one_person_for_two_by_parts_is_found(desk: Desk, bank: Bank, member: Member) -> None:
    desk.now = datetime(2027, 1, 9, 2, tzinfo=UTC)
    for loan in ("ONE", "OTHER"):
        bank.lends(loan, member["member_id"], 15_000)
    desk.now += timedelta(days=60)
    bank.arrives(date_in_china(desk.now))
    for found in bank.differences():
        desk.do(settle(desk, found, "LEDGER"))
    said = settlement_of(desk)
    alone = replace(said, body={n: v for n, v in said.body.items() if n != "second_needed"})
    desk.do(Forge(alone, {}, {}))
    assert findings(desk) == ["difference"]


def test_a_report_without_authority_is_the_consoles_and_a_settlement_nobodys(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    from api.ledger.findings import Report
    from api.verify.authority import Uses

    def defects(kind: str, actor: str) -> int:
        uses, report = Uses(is_begun=True), Report()
        row = {"seq": 1, "kind": kind, "actor": actor, "authority": None, "recorded_at": "",
               "place_code": ""}  # fmt: skip
        uses.add_entry(row, report)
        return len(report.findings)

    assert defects("BANK_REPORTED", "console:operator") == defects("BANK_REPORTED", "console") == 0
    assert defects("BANK_REPORTED", "officer-1") == 1
    assert defects("DIFFERENCE_SETTLED", "console:operator") == 1


def test_reports_of_a_year_keep_a_case_open(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    desk.do(Disburse(None, "o-2", line, 1_000, desk.resources))
    bank.lends("L1", member["member_id"], 1_000)
    for month in range(12):
        bank.changes("L1", outstanding_yuan=1_000 + 100 * (month % 2) * 5)
        desk.now += timedelta(days=20)
        bank.arrives(date_in_china(desk.now) - timedelta(days=1))
    with desk.ledger.read() as view:
        state = case_of(view, line)
    assert state.entries < 20
    assert date_in_china(desk.now) > date(2024, 1, 1)
