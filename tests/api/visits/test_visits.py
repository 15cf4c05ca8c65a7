"""A visit at the desk counts in the next decision, lapses, replays, and dies with its person."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from api.cases.case import case_of
from api.cases.explain import explain_decision
from api.consent.commands import SetConsent
from api.decisions.replay import replay
from api.editions.edition import PlaceFilter
from api.ledger.database import Location
from api.payments.commands import Disburse
from api.persons.commands import Erase, Export
from api.reviews.commands import ClaimReview, GiveVerdict, Ruling
from api.verify.verify import verify_ledger
from api.visits.commands import Found, RecordVisit
from api.visits.visits import VISITED, records_of
from tests.conftest import Desk

#: The desk's first day, in China.
TODAY = date(2023, 10, 9)
POOR = "NO_REPAYMENT_CAPACITY"
VERDICT = Ruling("APPROVE", 3_000, "INCOME_VERIFIED", "到场核实无误")
Member = dict[str, Any]


def found(yuan: int = 90_000, visited: date = TODAY, **fields: Any) -> Found:
    nothing: dict[str, Any] = {"incomes": {"wages": yuan}, "harvests": {}, "resident_since": None}
    return Found(visited, "document", "查看了用工合同", **{**nothing, **fields})


def record(
    desk: Desk, member: Member, what: Found | None = None, actor: str = "o-3"
) -> RecordVisit:
    return RecordVisit(None, actor, member["member_id"], what or found(), desk.resources)


def answer_of(desk: Desk, decision: str) -> dict[str, Any]:
    with desk.ledger.read() as view:
        answer: dict[str, Any] = case_of(view, decision).answer
        return answer


def test_a_confirmed_income_counts_in_the_next_decision_and_it_replays(
    desk: Desk, poor: Member
) -> None:
    before = desk.decide(poor, 3_000)
    assert POOR in [rule["code"] for rule in answer_of(desk, before)["knock_outs"]]
    visit = desk.do(record(desk, poor))
    decision = desk.decide(poor, 3_000)
    answer = answer_of(desk, decision)
    assert answer["outcome"] in ("APPROVE", "REFER")
    assert answer["limit_yuan"] >= 3_000
    assert POOR not in [rule["code"] for rule in answer["knock_outs"]]
    with desk.ledger.read() as view:
        (entry,) = view.entries_of_decision(decision)
        assert entry.body["visits"] == [visit["visit_id"]]
        assert replay(view, decision).differences == ()
        assert replay(view, before).differences == ()


def test_the_explanation_tells_the_visit_and_counts_it_at_its_haircut(
    desk: Desk, poor: Member
) -> None:
    desk.do(record(desk, poor))
    decision = desk.decide(poor, 3_000)
    with desk.ledger.read() as view:
        entries = view.entries_of_decision(decision)
        zh, en = (explain_decision(view, entries, lang) for lang in ("zh", "en"))
    assert zh.visits == ["2023年10月9日走访核实：工资一年 90,000 元。有效至2024年10月8日。"]
    assert en.visits == [
        "Our visit on 9 October 2023 confirmed: wages, 90,000 yuan a year. It counts until"
        " 8 October 2024."
    ]
    assert en.capacity is not None
    (line,) = (each for each in en.capacity.incomes if each.source == "documented_wages")
    assert (line.evidence, line.percent, line.counted_yuan) == ("officer_visit", 70, 63_000)


def test_a_confirmed_yield_is_told_as_confirmed(desk: Desk) -> None:
    edition = desk.resources.edition
    grower = next(
        row
        for row in edition.page(PlaceFilter(), "FIRST", None, 1_200)
        if (columns := edition.columns(row["member_id"])) and columns["harvest_wheat_mu"][0] > 0
    )
    what = found(incomes={}, harvests={"wheat": {"season": "2023-S", "kg_per_mu": 95}})
    first, _, second = (
        desk.decide(grower, 3_000),
        desk.do(record(desk, grower, what)),
        desk.decide(grower, 3_000),
    )
    assert answer_of(desk, second)["limit_yuan"] <= answer_of(desk, first)["limit_yuan"]
    with desk.ledger.read() as view:
        shape = explain_decision(view, view.entries_of_decision(second), "en")
    assert shape.capacity is not None
    (line,) = (each for each in shape.capacity.incomes if each.source == "wheat")
    columns = edition.columns(grower["member_id"])
    assert columns is not None
    expected = int(columns["harvest_wheat_mu"][0] * 1300 * 95 // 475)
    assert (line.evidence, line.yearly_yuan) == ("officer_visit", expected)
    assert "95 kg a mu" in shape.visits[0]


def test_a_visit_lapses_and_then_nothing_is_paid_on_it(desk: Desk, poor: Member) -> None:
    desk.do(record(desk, poor, found(visited=TODAY - timedelta(days=30))))
    desk.now += timedelta(days=335)  # the last day
    decision = approved(desk, poor)
    pay = Disburse(None, "officer-2", decision, 1_000, desk.resources)
    assert desk.do(pay)["drawn_yuan"] == 1_000
    desk.now += timedelta(days=1)
    assert desk.refusal(pay) == "no-longer-eligible"
    later = desk.decide(poor, 3_000)
    assert answer_of(desk, later)["outcome"] == "DECLINE"
    assert "visits" not in desk_body(desk, later)


def approved(desk: Desk, member: Member) -> str:
    """Return a decision that the service, or else a reviewer, approved."""
    decision = desk.decide(member, 3_000)
    if answer_of(desk, decision)["outcome"] == "REFER":
        desk.do(ClaimReview(None, "reviewer-1", decision, desk.resources.policy))
        desk.do(GiveVerdict(None, "reviewer-1", decision, VERDICT, desk.resources))
    return decision


def desk_body(desk: Desk, decision: str) -> dict[str, Any]:
    with desk.ledger.read() as view:
        return dict(view.entries_of_decision(decision)[0].body)


def test_the_same_question_after_a_visit_is_a_new_one_and_before_it_the_old_one(
    desk: Desk, poor: Member
) -> None:
    first = desk.decide(poor, 3_000)
    assert desk.decide(poor, 3_000, "officer-2") == first
    desk.do(record(desk, poor))
    second = desk.decide(poor, 3_000)
    assert second != first
    assert desk.decide(poor, 3_000, "officer-2") == second


def test_a_policy_of_before_counts_no_visit_and_takes_none(desk: Desk, poor: Member) -> None:
    desk.do(record(desk, poor))
    policy = desk.resources.policy
    numbers = {name: n for name, n in policy.numbers.items() if name != "visit_valid_days"}
    desk.resources = replace(desk.resources, policy=replace(policy, numbers=numbers))
    assert answer_of(desk, desk.decide(poor, 3_000))["outcome"] == "DECLINE"
    assert desk.refusal(record(desk, poor)) == "visits-not-counted"


def test_without_consent_nothing_of_a_member_is_recorded(desk: Desk) -> None:
    member = desk.member("NONE", consents=False)
    assert desk.refusal(record(desk, member)) == "consent-not-in-force"


def test_a_member_who_withdraws_consent_is_not_decided_on_by_a_visit(
    desk: Desk, poor: Member
) -> None:
    desk.do(record(desk, poor))
    desk.do(SetConsent(None, "o", poor["member_id"], False, "paper", desk.resources))
    decision = desk.decide(poor, 3_000)
    assert [rule["code"] for rule in answer_of(desk, decision)["knock_outs"]] == ["NO_CONSENT"]
    assert "visits" not in desk_body(desk, decision)


@pytest.mark.parametrize(
    "wrong",
    [
        {"visited": TODAY + timedelta(days=1)},
        {"visited": TODAY - timedelta(days=31)},
        {"resident_since": TODAY + timedelta(days=1)},
        {"harvests": {"wheat": {"season": "2022-S", "kg_per_mu": 500}}},  # not the last one
        {"harvests": {"wheat": {"season": "2024-S", "kg_per_mu": 500}}},  # not harvested yet
    ],
)
def test_a_visit_says_what_it_can_have_seen(
    desk: Desk, poor: Member, wrong: dict[str, Any]
) -> None:
    assert desk.refusal(record(desk, poor, found(**wrong))) == "invalid-body"


def test_a_note_of_a_visit_names_nobody(desk: Desk, poor: Member, simulated_archive: Any) -> None:
    rows = simulated_archive.read("members", ["member_id", "name"]).to_pylist()
    (name,) = {row["name"] for row in rows if row["member_id"] == poor["member_id"]}
    named = replace(found(), note=f"{name[0]} {name[1:]}家有合同")
    assert desk.refusal(record(desk, poor, named)) == "invalid-body"


def test_who_visited_neither_rules_nor_pays(desk: Desk, poor: Member) -> None:
    desk.now = datetime(2027, 1, 2, 2, tzinfo=UTC)
    what = found(visited=date(2027, 1, 1))
    desk.do(record(desk, poor, what, "visitor"))
    decision = desk.decide(poor, 3_000)
    if answer_of(desk, decision)["outcome"] == "REFER":
        desk.do(ClaimReview(None, "visitor", decision, desk.resources.policy))
        own = GiveVerdict(None, "visitor", decision, VERDICT, desk.resources)
        assert desk.refusal(own) == "duties-apart"
        desk.now += timedelta(hours=9)
        decision = approved(desk, poor)
    pay = Disburse(None, "visitor", decision, 1_000, desk.resources)
    assert desk.refusal(pay) == "duties-apart"
    assert desk.do(replace(pay, actor="officer-2"))["drawn_yuan"] == 1_000
    assert desk.refusal(record(desk, poor, what, "officer-2")) == "duties-apart"


def test_the_person_s_copy_holds_the_visit_and_erasure_ends_it(
    desk: Desk, poor: Member, ledger_settings: Any
) -> None:
    desk.do(record(desk, poor))
    copy = desk.do(Export(None, "officer-1", poor["member_id"], desk.resources))
    (shown,) = (each["body"] for each in copy["entries"] if each["kind"] == "VISITED")
    assert (shown["incomes"], shown["note"]) == ({"wages": 90_000}, "查看了用工合同")
    desk.do(Erase(None, "reviewer-1", poor["member_id"], desk.resources))
    with desk.ledger.read() as view:
        entries = view.entries_where(VISITED)
        assert records_of(view, entries) == []
        stored = json.dumps(dict(entries[0].body), ensure_ascii=False)
    assert "90000" not in stored
    assert "用工合同" not in stored
    assert verify_ledger(Location.of(ledger_settings)).is_sound
    decision = desk.decide(poor, 3_000)
    assert answer_of(desk, decision)["outcome"] == "DECLINE"
