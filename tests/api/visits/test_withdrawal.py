"""A visit that was withdrawn counts no more: in no decision, no payment, and by no edition."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from api.cases.case import case_of
from api.decisions.replay import replay
from api.editions.edition import PlaceFilter
from api.ledger.database import Location
from api.payments.commands import Disburse
from api.persons.commands import Erase, Export
from api.reviews.commands import ClaimReview, GiveVerdict, Ruling
from api.verify.verify import verify_ledger
from api.visits.commands import Found, RecordVisit
from api.visits.visits import VISITED, lost_since
from api.visits.withdrawal import WithdrawVisit
from model.decision.visits import Harvest, Visit, confirmed, withdrawn
from tests.conftest import Desk

TODAY = date(2023, 10, 9)
POOR = "NO_REPAYMENT_CAPACITY"
Member = dict[str, Any]


def record(desk: Desk, member: Member, yuan: int = 90_000, day: date = TODAY) -> str:
    found = Found(day, "document", "查看了用工合同", {"wages": yuan}, {}, None)
    visit = RecordVisit(None, "o-3", member["member_id"], found, desk.resources)
    return str(desk.do(visit)["visit_id"])


def withdraw(desk: Desk, member: Member, visit: str, actor: str = "o-3") -> WithdrawVisit:
    reason, note = "wrong_figures", "把按年的金额看成按月"
    return WithdrawVisit(
        None, actor, member["member_id"], visit, reason, note, desk.resources
    )  # fmt: skip


def codes_of(desk: Desk, decision: str) -> list[str]:
    with desk.ledger.read() as view:
        return [rule["code"] for rule in case_of(view, decision).answer["knock_outs"]]


def approved(desk: Desk, member: Member, yuan: int = 3_000) -> str:
    decision = desk.decide(member, yuan)
    with desk.ledger.read() as view:
        outcome = case_of(view, decision).outcome
    if outcome == "REFER":
        desk.do(ClaimReview(None, "reviewer-1", decision, desk.resources.policy))
        ruling = Ruling("APPROVE", yuan, "INCOME_VERIFIED", "到场核实无误")
        desk.do(GiveVerdict(None, "reviewer-1", decision, ruling, desk.resources))
    return decision


def test_the_next_decision_no_longer_counts_it_and_every_answer_replays(
    desk: Desk, poor: Member, ledger_settings: Any
) -> None:
    before = desk.decide(poor, 3_000)
    visit = record(desk, poor)
    counted = desk.decide(poor, 3_000)
    assert POOR not in codes_of(desk, counted)
    assert desk.do(withdraw(desk, poor, visit))["visit_id"] == visit
    after = desk.decide(poor, 3_000)
    assert after not in (before, counted)
    assert POOR in codes_of(desk, after)
    with desk.ledger.read() as view:
        assert "visits" not in view.entries_of_decision(after)[0].body
        for decision in (before, counted, after):
            assert replay(view, decision).differences == ()
    assert verify_ledger(Location.of(ledger_settings)).is_sound


def test_nothing_is_paid_on_what_a_withdrawn_visit_showed(desk: Desk, poor: Member) -> None:
    visit = record(desk, poor)
    pay = Disburse(None, "officer-2", approved(desk, poor), 1_000, desk.resources)
    desk.do(withdraw(desk, poor, visit))
    assert desk.refusal(pay) == "no-longer-eligible"


def test_a_limit_that_a_withdrawn_visit_raised_is_paid_up_to_what_is_offered_without_it(
    desk: Desk,
) -> None:
    """An offer without the visit is not enough: the limit was that of the visit."""
    rows = desk.resources.edition.page(PlaceFilter(), "FIRST", None, 1_200)
    bound = [row for row in rows if row["limit_bound_by"] == "REPAYMENT_CAPACITY"]
    member = min((row for row in bound if row["limit_yuan"]), key=lambda row: row["limit_yuan"])
    limit = member["limit_yuan"]
    visit = record(desk, member, 5_000_000)
    asked = approved(desk, member, limit + 5_000)
    desk.do(Disburse(None, "officer-2", asked, 1_000, desk.resources))
    desk.do(withdraw(desk, member, visit))
    above = Disburse(None, "officer-2", asked, limit, desk.resources)
    assert desk.refusal(above) == "no-longer-eligible"
    desk.do(Disburse(None, "officer-2", asked, limit - 1_000, desk.resources))
    again = Disburse(None, "officer-2", asked, 1_000, desk.resources)
    assert desk.refusal(again) == "no-longer-eligible"


def test_a_visit_withdrawn_before_a_person_approved_takes_nothing_from_the_approval(
    desk: Desk, poor: Member
) -> None:
    decision = desk.decide(poor, 3_000)
    visit = record(desk, poor)
    counted = desk.decide(poor, 3_000)
    with desk.ledger.read() as view:
        said = view.entries_of_subject(case_of(view, counted).subject_id, VISITED)
        first = case_of(view, decision)
    assert lost_since(said, TODAY, said[0].seq + 5, TODAY) == []
    desk.do(withdraw(desk, poor, visit))
    with desk.ledger.read() as view:
        said = view.entries_of_subject(first.subject_id, VISITED)
    by_id = {each.kind: each for each in said}
    after = by_id["VISIT_WITHDRAWN"].seq + 1
    assert lost_since(said, TODAY, after, TODAY) == []
    assert [each.entry_id for each in lost_since(said, TODAY, after - 2, TODAY)] == [visit]
    lapsed = date.fromisoformat(by_id["VISITED"].body["until"]) + timedelta(days=1)
    assert lost_since(said, lapsed, after, lapsed) == []


def test_the_earlier_visit_counts_again(desk: Desk, poor: Member) -> None:
    record(desk, poor, 90_000, TODAY - timedelta(days=1))
    none = record(desk, poor, 0)
    assert POOR in codes_of(desk, desk.decide(poor, 3_000))
    desk.do(withdraw(desk, poor, none))
    assert POOR not in codes_of(desk, desk.decide(poor, 3_000))


def test_a_visit_is_withdrawn_once_and_by_its_member(desk: Desk, poor: Member) -> None:
    visit = record(desk, poor)
    other = desk.member("FIRST")
    assert desk.refusal(withdraw(desk, other, visit)) == "unknown-visit"
    desk.do(withdraw(desk, poor, visit))
    assert desk.refusal(withdraw(desk, poor, visit)) == "already-withdrawn"


def test_a_note_of_a_withdrawal_names_nobody(
    desk: Desk, poor: Member, simulated_archive: Any
) -> None:
    visit = record(desk, poor)
    rows = simulated_archive.read("members", ["member_id", "name"]).to_pylist()
    (name,) = {row["name"] for row in rows if row["member_id"] == poor["member_id"]}
    named = replace(withdraw(desk, poor, visit), note=f"误记到{name}名下")
    assert desk.refusal(named) == "invalid-body"


def test_a_withdrawal_frees_neither_its_visitor_nor_who_withdrew(desk: Desk, poor: Member) -> None:
    desk.now = datetime(2027, 1, 2, 2, tzinfo=UTC)
    record(desk, poor, day=date(2027, 1, 2))
    visit = record(desk, poor, day=date(2027, 1, 1))
    decision = approved(desk, poor)
    desk.do(withdraw(desk, poor, visit, "o-4"))
    pay = Disburse(None, "officer-2", decision, 1_000, desk.resources)
    assert desk.refusal(replace(pay, actor="o-3")) == "duties-apart"
    assert desk.refusal(replace(pay, actor="o-4")) == "duties-apart"
    desk.do(pay)
    again = withdraw(desk, poor, record(desk, poor, day=date(2027, 1, 2)), "officer-2")
    assert desk.refusal(again) == "duties-apart"


def test_the_person_s_copy_tells_why_and_erasure_ends_it(
    desk: Desk, poor: Member, ledger_settings: Any
) -> None:
    desk.do(withdraw(desk, poor, record(desk, poor)))
    copy = desk.do(Export(None, "officer-1", poor["member_id"], desk.resources))
    (shown,) = (each["body"] for each in copy["entries"] if each["kind"] == "VISIT_WITHDRAWN")
    assert (shown["reason"], shown["note"]) == ("wrong_figures", "把按年的金额看成按月")
    desk.do(Erase(None, "reviewer-1", poor["member_id"], desk.resources))
    with desk.ledger.read() as view:
        stored = [
            json.dumps(dict(each.body), ensure_ascii=False) for each in view.entries_where(VISITED)
        ]
    assert len(stored) == 2
    assert not any("按年" in text for text in stored)
    assert verify_ledger(Location.of(ledger_settings)).is_sound


#: An edition as of the 9th that holds what a visit of the 2nd confirmed.
_VISIT = Visit(
    "v", date(2023, 10, 2), date(2023, 10, 2), date(2024, 10, 1),
    {"wages": 36_000}, {"wheat": Harvest("2023-S", 430)}, date(2019, 3, 1),
)  # fmt: skip
_HELD = {
    "documented_wages_yuan": 36_000.0, "documented_wages_evidence": "officer_visit",
    "yield_wheat_kg": 430.0, "resident_since": 17_956.0, "resident_years": 4.0,
    "declared_income_yuan": 0.0,
}  # fmt: skip


def test_what_an_edition_took_from_a_withdrawn_visit_is_unknown() -> None:
    profile = {**_HELD, **confirmed(_HELD, [replace(_VISIT, recorded_on=TODAY)], TODAY).values}
    assert withdrawn(profile, [_VISIT], TODAY) == dict.fromkeys(
        ["documented_wages_yuan", "documented_wages_evidence", "yield_wheat_kg",
         "resident_since", "resident_years"]
    )  # fmt: skip


@pytest.mark.parametrize(
    "held",
    [
        {"documented_wages_evidence": "contract"},  # stronger, so not of the visit
        {"documented_wages_yuan": 20_000.0},
        {"yield_wheat_kg": 475.0},
        {"resident_since": 17_000.0},
    ],
)
def test_what_it_has_from_elsewhere_stays(held: dict[str, Any]) -> None:
    undone = withdrawn({**_HELD, **held}, [_VISIT], TODAY)
    assert not undone.keys() & held.keys()


def test_what_an_edition_cannot_have_from_a_visit_of_its_day_stays() -> None:
    assert withdrawn(_HELD, [replace(_VISIT, recorded_on=TODAY)], TODAY) == {}
