"""Reviews: the queue, claims, verdicts, four eyes, overrides and their report."""

from dataclasses import replace
from datetime import timedelta

import pytest

from api.http.problems import ProblemError
from api.payments.commands import Disburse
from api.portfolio.tally import Tally
from api.reviews.commands import ClaimReview, GiveVerdict, Override, RequestReview, Ruling
from api.reviews.queue import overrides, queue_page

NOTE = "到场核实无误"
APPROVE = Ruling("APPROVE", 3_000, "INCOME_VERIFIED", NOTE)
DECLINE = Ruling("DECLINE", None, "INCOME_NOT_VERIFIED", NOTE)


def claim(desk, decision, actor="reviewer-1"):
    return ClaimReview(None, actor, decision, desk.resources.policy)


def verdict(desk, decision, ruling, actor="reviewer-1", resources=None):
    return GiveVerdict(None, actor, decision, ruling, resources or desk.resources)


def four_eyes_above(desk, yuan):
    policy = desk.resources.policy
    lower = replace(policy, numbers={**policy.numbers, "four_eyes_above_yuan": yuan})
    return replace(desk.resources, policy=lower)


def referred(desk, yuan=5_000):
    return desk.decide(desk.member("SECOND"), yuan)


def queue(desk, size=10, after=0, reaches=lambda village: True, tally=None):
    with desk.ledger.read() as view:
        rows, following = queue_page(tally or Tally(), view, reaches, after, size)
    return [row["decision_id"] for row in rows], following


def test_a_referred_case_is_claimed_decided_and_then_paid(desk):
    decision = referred(desk)
    assert queue(desk) == ([decision], None)
    assert desk.do(claim(desk, decision))["status"] == "CLAIMED"
    state = desk.do(verdict(desk, decision, APPROVE))
    assert (state["status"], state["approved_yuan"]) == ("APPROVED_AFTER_REVIEW", 3_000)
    assert state["approved_by"] == ["reviewer-1"]
    assert queue(desk) == ([], None)
    paid = desk.do(Disburse(None, "officer-1", decision, 3_000, desk.resources))
    assert paid["left_yuan"] == 0


def test_a_declined_review_ends_the_case(desk):
    decision = referred(desk)
    desk.do(claim(desk, decision))
    assert desk.do(verdict(desk, decision, DECLINE))["status"] == "DECLINED_AFTER_REVIEW"
    refused = Disburse(None, "officer-1", decision, 1_000, desk.resources)
    assert desk.refusal(refused) == "not-approved"
    assert desk.refusal(claim(desk, decision)) == "not-open-for-review"


def test_a_claim_blocks_other_reviewers_until_it_lapses(desk):
    decision = referred(desk)
    desk.do(claim(desk, decision))
    assert desk.refusal(claim(desk, decision, "reviewer-2")) == "claimed-by-another"
    assert desk.refusal(verdict(desk, decision, APPROVE, "reviewer-2")) == "not-claimed"
    desk.now += timedelta(hours=desk.resources.policy["review_claim_hours"])
    assert desk.refusal(verdict(desk, decision, APPROVE)) == "not-claimed"
    assert desk.do(claim(desk, decision, "reviewer-2"))["claimed_by"] == "reviewer-2"


def test_nobody_reviews_a_case_they_requested(desk):
    decision = referred(desk)
    assert desk.refusal(claim(desk, decision, "officer-1")) == "own-case"
    declined = desk.decide(desk.member("THIRD"), 3_000)
    desk.do(RequestReview(None, "officer-2", declined, None))
    assert desk.refusal(claim(desk, declined, "officer-2")) == "own-case"
    assert desk.refusal(claim(desk, declined, "officer-1")) == "own-case"


def test_above_the_policys_amount_two_people_must_approve_and_the_lower_amount_counts(desk):
    decision = referred(desk, 8_000)
    low = four_eyes_above(desk, 5_000)
    desk.do(claim(desk, decision))
    first = desk.do(verdict(desk, decision, replace(APPROVE, amount_yuan=8_000), resources=low))
    assert (first["status"], first["approved_yuan"]) == ("WAITING_FOR_SECOND", 0)
    assert queue(desk) == ([decision], None)
    assert desk.refusal(claim(desk, decision, "reviewer-1")) == "own-case"
    assert desk.refusal(claim(desk, decision, "officer-1")) == "own-case"
    desk.do(claim(desk, decision, "reviewer-2"))
    second = replace(APPROVE, amount_yuan=6_000)
    state = desk.do(verdict(desk, decision, second, "reviewer-2", resources=low))
    assert (state["status"], state["approved_yuan"]) == ("APPROVED_AFTER_REVIEW", 6_000)
    assert state["approved_by"] == ["reviewer-1", "reviewer-2"]


def test_the_second_of_two_can_decline(desk):
    decision = referred(desk, 8_000)
    low = four_eyes_above(desk, 0)
    desk.do(claim(desk, decision))
    desk.do(verdict(desk, decision, APPROVE, resources=low))
    desk.do(claim(desk, decision, "reviewer-2"))
    state = desk.do(verdict(desk, decision, DECLINE, "reviewer-2", resources=low))
    assert (state["status"], state["approved_yuan"]) == ("DECLINED_AFTER_REVIEW", 0)


@pytest.mark.parametrize(
    ("ruling", "field"),
    [
        (replace(APPROVE, reason_code="INCOME_NOT_VERIFIED"), "reason_code"),
        (replace(DECLINE, reason_code="BECAUSE"), "reason_code"),
        (replace(APPROVE, amount_yuan=5_001), "amount_yuan"),
        (replace(APPROVE, amount_yuan=None), "amount_yuan"),
        (replace(DECLINE, amount_yuan=1), "amount_yuan"),
    ],
)
def test_an_invalid_verdict_is_refused_and_the_field_named(desk, ruling, field):
    decision = referred(desk)
    desk.do(claim(desk, decision))
    with pytest.raises(ProblemError) as refusal:
        desk.ledger.write_now(verdict(desk, decision, ruling))
    assert [error.field for error in refusal.value.errors] == [field]


def test_every_decline_can_be_reviewed_once_by_a_person(desk):
    decision = desk.decide(desk.member("THIRD"), 3_000)
    ask = RequestReview(None, "officer-1", decision, "去年遭灾")
    assert desk.do(ask)["status"] == "WAITING"
    assert desk.refusal(ask) == "already-reviewed"
    desk.do(claim(desk, decision))
    state = desk.do(verdict(desk, decision, APPROVE))
    assert state["status"] == "APPROVED_AFTER_REVIEW"
    assert desk.refusal(ask) == "already-reviewed"
    paid = desk.do(Disburse(None, "officer-1", decision, 1_000, desk.resources))
    assert paid["drawn_yuan"] == 1_000


def test_only_a_decline_can_be_sent_to_review(desk):
    decision = referred(desk)
    assert desk.refusal(RequestReview(None, "o", decision, None)) == "not-declined"


def test_a_referred_case_leaves_the_queue_with_its_last_day_a_members_request_does_not(desk):
    lapsing = referred(desk)
    asked = desk.decide(desk.member("THIRD"), 3_000)
    desk.do(RequestReview(None, "officer-1", asked, None))
    desk.now += timedelta(days=60)
    assert queue(desk) == ([asked], None)
    assert desk.refusal(claim(desk, lapsing)) == "decision-expired"
    desk.do(claim(desk, asked))
    state = desk.do(verdict(desk, asked, APPROVE))
    assert state["valid_until"] == "2024-01-07"  # thirty days from the verdict


def test_the_queue_is_paged_longest_wait_first_and_bounded_by_place(desk):
    member = desk.member("SECOND")
    decisions = [desk.decide(member, 4_000 + n) for n in range(5)]
    tally = Tally()
    first, cursor = queue(desk, size=2, tally=tally)
    second, cursor = queue(desk, size=2, after=cursor, tally=tally)
    third, end = queue(desk, size=2, after=cursor, tally=tally)
    assert (first + second + third, end) == (decisions, None)
    elsewhere = queue(desk, reaches=lambda village: village != member["village_code"])
    assert elsewhere == ([], None)


def test_an_override_revokes_an_approval_and_can_restore_it(desk):
    member = desk.member("FIRST")
    decision = desk.decide(member, 3_000)
    stop = Override(None, "reviewer-1", decision, DECLINE, desk.resources)
    assert desk.do(stop)["status"] == "DECLINED_BY_OVERRIDE"
    pay = Disburse(None, "officer-1", decision, 1_000, desk.resources)
    assert desk.refusal(pay) == "not-approved"
    assert desk.refusal(stop) == "not-overridable"
    back = replace(stop, ruling=APPROVE, actor="reviewer-2")
    assert desk.do(back)["status"] == "APPROVED_BY_OVERRIDE"
    assert desk.do(pay)["drawn_yuan"] == 1_000


def test_an_override_does_not_bypass_four_eyes_or_the_queue(desk):
    low = four_eyes_above(desk, 2_999)
    declined = desk.decide(desk.member("THIRD"), 3_000)
    alone = Override(None, "reviewer-1", declined, APPROVE, low)
    assert desk.refusal(alone) == "four-eyes-needed"
    assert desk.refusal(replace(alone, actor="officer-1")) == "own-case"
    waiting = Override(None, "reviewer-1", referred(desk), APPROVE, low)
    assert desk.refusal(waiting) == "not-overridable"


def test_overrides_are_reported_by_officer_place_and_reason(desk):
    for yuan in (3_000, 3_001):
        decision = desk.decide(desk.member("FIRST"), yuan)
        desk.do(Override(None, "reviewer-1", decision, DECLINE, desk.resources))
    third = desk.member("THIRD")
    declined = desk.decide(third, 3_000)
    desk.do(RequestReview(None, "officer-1", declined, None))
    desk.do(claim(desk, declined))
    desk.do(verdict(desk, declined, APPROVE))
    settled = referred(desk)
    desk.do(claim(desk, settled))
    desk.do(verdict(desk, settled, APPROVE))
    with desk.ledger.read() as view:
        rows = overrides(view, lambda village: True)
        assert overrides(view, lambda village: False) == []
        of_few = overrides(view, lambda village: True, smallest=5)
    assert {row["place_code"] for row in of_few} == {row["place_code"][:6] for row in rows}
    assert {(row["count"], row["amount_yuan"]) for row in of_few} == {(None, None)}
    assert [(row["count"], row["direction"], row["via"], row["reason_code"]) for row in rows] == [
        (2, "DECLINE", "override", "INCOME_NOT_VERIFIED"),
        (1, "APPROVE", "review", "INCOME_VERIFIED"),
    ]
    assert (rows[1]["amount_yuan"], rows[1]["place_code"]) == (3_000, third["village_code"])


def test_no_note_or_statement_holds_the_name_of_the_person(desk, simulated_archive):
    members = simulated_archive.read("members", ["member_id", "name"]).to_pylist()
    names = {row["member_id"]: row["name"] for row in members}
    second, third = desk.member("SECOND"), desk.member("THIRD")
    name, directory = names[second["member_id"]], desk.resources.directory
    decision = desk.decide(second, 5_000)
    desk.do(claim(desk, decision))
    spellings = (
        name, f"{name[0]} {name[1:]}", f"{name[0]}\u200b·{name[1:]}", name[::-1],
        f"{name[0]}\u0301{name[1:]}",
    )  # fmt: skip
    for spelt in spellings:
        for ruling in (APPROVE, DECLINE):
            named = replace(ruling, note=f"到{spelt}家核实无误")
            assert desk.refusal(verdict(desk, decision, named)) == "invalid-body"
    desk.do(verdict(desk, decision, APPROVE))
    named = replace(DECLINE, note=f"{name}的收入未能核实")
    override = Override(None, "reviewer-2", decision, named, desk.resources)
    assert desk.refusal(override) == "invalid-body"
    declined = desk.decide(third, 3_000)
    told = f"我是{names[third['member_id']]}，请复核"
    assert desk.refusal(RequestReview(None, "o", declined, told, directory)) == "invalid-body"
    other = f"村里的{names[second['member_id']]}可以作证"
    if names[second["member_id"]] != names[third["member_id"]]:
        assert desk.do(RequestReview(None, "officer-2", declined, other, directory))
