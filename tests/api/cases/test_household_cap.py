"""The household's cap binds at the decision and at the payment, on the ledger's exposure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from api.cases.case import case_of
from api.cases.exposure import caps_exceeded
from api.core.calendar import date_in_china
from api.decisions.commands import Decide
from api.decisions.replay import replay
from api.editions.edition import PlaceFilter
from api.payments.commands import Disburse
from api.reviews.commands import ClaimReview, GiveVerdict, RequestReview, Ruling
from model.decision.decision import Request
from tests.conftest import Desk

CAP = 6_000
APPROVED = Ruling("APPROVE", 4_000, "INCOME_VERIFIED", "到场核实无误")


@pytest.fixture
def capped(desk: Desk) -> Desk:
    """A desk under a policy in which 6,000 yuan may be out to a household."""
    desk.now = datetime(2023, 10, 9, 2, tzinfo=UTC)
    policy = replace(desk.resources.policy, exposure_caps_yuan={"household": CAP})
    desk.resources = replace(desk.resources, policy=policy)
    return desk


@pytest.fixture
def pair(capped: Desk) -> tuple[dict[str, Any], dict[str, Any]]:
    """A member whom the service approves, and another member of the household."""
    edition = capped.resources.edition
    firsts = edition.page(PlaceFilter(), "FIRST", None, 1_200)
    return next(
        (row, relative)
        for row in firsts
        if row["limit_yuan"] >= 3_000
        for other in edition.household_of(row["member_id"])
        if (relative := edition.row(other)) and "NO_CONSENT" not in relative["knock_outs"]
    )


def decide(desk: Desk, member: dict[str, Any], yuan: int) -> str:
    """Ask as the service's route does, which looks at the cap; return the decision's id."""
    profile = desk.resources.edition.profile(member["member_id"])
    assert profile is not None
    request = Request(yuan, member["months"] or 12, "inputs")
    found: str = desk.do(
        Decide(
            None, "officer-1", member["member_id"], request, profile, desk.resources,
            date_in_china(desk.now), caps_exceeded=caps_exceeded,
        )
    )["decision_id"]  # fmt: skip
    return found


def lend(desk: Desk, relative: dict[str, Any]) -> str:
    """Let people approve 4,000 yuan for the other member of the household."""
    decision = decide(desk, relative, 4_000)
    if answer_of(desk, decision)["outcome"] == "DECLINE":
        desk.do(RequestReview(None, "officer-1", decision, None))
    for actor in ("reviewer-1", "reviewer-2"):
        with desk.ledger.read() as view:
            if case_of(view, decision).approved_yuan:
                break
        desk.do(ClaimReview(None, actor, decision, desk.resources.policy))
        desk.do(GiveVerdict(None, actor, decision, APPROVED, desk.resources))
    return decision


def answer_of(desk: Desk, decision: str) -> dict[str, Any]:
    with desk.ledger.read() as view:
        found: dict[str, Any] = case_of(view, decision).answer
        return found


def pay(desk: Desk, decision: str, yuan: int) -> Disburse:
    return Disburse(None, "officer-2", decision, yuan, desk.resources)


Pair = tuple[dict[str, Any], dict[str, Any]]


def test_an_approval_beyond_the_cap_is_referred_without_saying_who_borrowed(
    capped: Desk, pair: Pair
) -> None:
    member, relative = pair
    lend(capped, relative)
    decision = decide(capped, member, 3_000)
    answer = answer_of(capped, decision)
    assert answer["outcome"] == "REFER"
    assert answer["knock_outs"][-1]["code"] == "HOUSEHOLD_MATTER"
    with capped.ledger.read() as view:
        assert replay(view, decision).differences == ()
        (entry,) = view.entries_of_decision(decision)
    assert entry.body["beyond_household_cap"] is True


def test_within_the_cap_the_service_approves_as_before(capped: Desk, pair: Pair) -> None:
    member, _ = pair
    decision = decide(capped, member, 3_000)
    assert answer_of(capped, decision)["outcome"] == "APPROVE"
    assert capped.do(pay(capped, decision, 3_000))["drawn_yuan"] == 3_000


def test_a_payment_beyond_the_cap_is_refused_though_it_was_approved_before(
    capped: Desk, pair: Pair
) -> None:
    member, relative = pair
    approved = decide(capped, member, 3_000)
    assert answer_of(capped, approved)["outcome"] == "APPROVE"
    lend(capped, relative)
    assert capped.refusal(pay(capped, approved, 3_000)) == "above-cap"
    assert capped.do(pay(capped, approved, 2_000))["drawn_yuan"] == 2_000


def test_a_policy_without_caps_asks_nothing(capped: Desk, pair: Pair) -> None:
    member, relative = pair
    capped.resources = replace(
        capped.resources, policy=replace(capped.resources.policy, exposure_caps_yuan={})
    )
    lend(capped, relative)
    assert answer_of(capped, decide(capped, member, 3_000))["outcome"] == "APPROVE"
