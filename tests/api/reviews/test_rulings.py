"""A person's word binds later questions and payments, and four eyes look at exposure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from api.cases.case import case_of
from api.cases.explain import explain_decision
from api.decisions.replay import replay
from api.http.problems import ProblemError
from api.payments.commands import Disburse
from api.persons.commands import Erase
from api.portfolio.tally import Tally
from api.reviews.commands import ClaimReview, GiveVerdict, Override, RequestReview, Ruling
from api.reviews.queue import queue_page
from model.policy.controls import controls_on

NOTE = "到场核实无误"
DECLINE = Ruling("DECLINE", None, "INCOME_NOT_VERIFIED", NOTE)
WITHDREW = Ruling("DECLINE", None, "MEMBER_WITHDREW", NOTE)


def approve(yuan):
    return Ruling("APPROVE", yuan, "INCOME_VERIFIED", NOTE)


@pytest.fixture
def office(desk):
    """A desk on a day on which the controls are in force."""
    desk.now = datetime(2026, 3, 2, 2, tzinfo=UTC)
    return desk


def override(desk, decision, ruling, actor="reviewer-1"):
    return desk.do(Override(None, actor, decision, ruling, desk.resources))


def review(desk, decision, ruling, actor="reviewer-1", resources=None):
    desk.do(ClaimReview(None, actor, decision, desk.resources.policy))
    return desk.do(GiveVerdict(None, actor, decision, ruling, resources or desk.resources))


def answer_of(desk, decision):
    with desk.ledger.read() as view:
        return case_of(view, decision).answer


def pay(desk, decision, yuan, actor="officer-2"):
    return Disburse(None, actor, decision, yuan, desk.resources)


def test_one_yuan_less_after_an_override_is_neither_approved_nor_paid(office):
    member = office.member("FIRST")
    first = office.decide(member, 5_000)
    assert answer_of(office, first)["outcome"] == "APPROVE"
    override(office, first, DECLINE)
    again = office.decide(member, 4_999)
    answer = answer_of(office, again)
    assert answer["outcome"] == "REFER"
    assert [rule["code"] for rule in answer["knock_outs"]] == ["EARLIER_RULING"]
    assert office.refusal(pay(office, again, 1_000)) == "not-approved"


def test_one_yuan_less_after_a_reviewers_decline_waits_for_a_person(office):
    member = office.member("FIRST")
    limit = member["limit_yuan"]
    above = office.decide(member, limit + 1)
    assert review(office, above, DECLINE)["status"] == "DECLINED_AFTER_REVIEW"
    within = office.decide(member, limit)
    assert answer_of(office, within)["outcome"] == "REFER"
    assert office.refusal(pay(office, within, 1_000)) == "not-approved"


def test_the_same_question_after_an_override_is_not_answered_with_the_old_approval(office):
    member = office.member("FIRST")
    first = office.decide(member, 5_000)
    override(office, first, DECLINE)
    again = office.decide(member, 5_000)
    assert again != first
    assert answer_of(office, again)["outcome"] == "REFER"


def test_the_question_of_a_settled_case_finds_that_case_again(office):
    member = office.member("SECOND")
    referred = office.decide(member, 5_000)
    review(office, referred, DECLINE)
    assert office.decide(member, 5_000) == referred


def test_a_persons_lower_approval_is_the_most_that_the_service_approves(office):
    member = office.member("FIRST")
    above = office.decide(member, member["limit_yuan"] + 1_000)
    assert review(office, above, approve(4_000))["approved_yuan"] == 4_000
    assert answer_of(office, office.decide(member, 4_001))["outcome"] == "REFER"
    assert answer_of(office, office.decide(member, 4_000))["outcome"] == "APPROVE"


def test_several_questions_within_a_ruling_are_together_paid_no_more_than_it(office):
    member = office.member("FIRST")
    ruled = office.decide(member, member["limit_yuan"] + 1_000)
    review(office, ruled, approve(6_000))
    split = [office.decide(member, yuan) for yuan in (3_000, 3_001, 6_000)]
    assert {answer_of(office, each)["outcome"] for each in split} == {"APPROVE"}
    office.do(pay(office, split[0], 3_000))
    assert office.refusal(pay(office, split[1], 3_001)) == "ruled-otherwise"
    assert office.refusal(pay(office, split[2], 3_500)) == "ruled-otherwise"
    assert office.refusal(pay(office, ruled, 6_000)) == "ruled-otherwise"
    office.do(pay(office, ruled, 3_000))
    for each in (split[1], split[2]):
        assert office.refusal(pay(office, each, 1_000)) == "ruled-otherwise"


def test_what_was_paid_before_a_ruling_was_known_to_who_ruled(office):
    member = office.member("FIRST")
    office.do(pay(office, office.decide(member, 3_000), 3_000))
    ruled = office.decide(member, member["limit_yuan"] + 1_000)
    review(office, ruled, approve(4_000))
    assert office.do(pay(office, ruled, 4_000))["drawn_yuan"] == 4_000


def test_an_approval_made_before_a_persons_decline_is_no_longer_paid(office):
    member = office.member("FIRST")
    kept_ready, declined = office.decide(member, 5_000), office.decide(member, 4_999)
    assert office.do(pay(office, kept_ready, 1_000))["drawn_yuan"] == 1_000
    assert told(office, kept_ready).startswith("We can pay out the loan of 5,000 yuan")
    override(office, declined, DECLINE)
    assert office.refusal(pay(office, kept_ready, 1_000)) == "ruled-otherwise"
    assert told(office, kept_ready).endswith(
        "has ruled on another application of yours, and no money is paid out on it; please apply"
        " again if you still need one."
    )
    assert told(office, declined).startswith("Our staff reviewed your application")


def test_the_last_word_holds_and_a_person_may_approve_again(office):
    member = office.member("FIRST")
    override(office, office.decide(member, 5_000), DECLINE)
    again = office.decide(member, 4_000)
    review(office, again, approve(4_000), actor="reviewer-2")
    assert office.do(pay(office, again, 4_000))["drawn_yuan"] == 4_000


def test_a_lower_amount_is_promised_by_nobody_while_a_ruling_binds(office):
    member = office.member("FIRST")
    above = member["limit_yuan"] + 1
    free = named(office, office.decide(member, above))
    assert any(each.endswith("不超上限，就可以发放。") for each in free)
    override(office, office.decide(member, 5_000), DECLINE)
    bound = named(office, office.decide(member, above))
    assert len(bound) == len(free)
    assert all(each.endswith("经工作人员核实同意后可以发放。") for each in bound)


def told(desk, decision):
    with desk.ledger.read() as view:
        return explain_decision(view, view.entries_of_decision(decision), "en").answer


def named(desk, decision):
    with desk.ledger.read() as view:
        return explain_decision(view, view.entries_of_decision(decision), "zh").alternatives


def test_a_ruling_lapses_by_policy(office):
    member = office.member("FIRST")
    override(office, office.decide(member, 5_000), DECLINE)
    days = controls_on(office.now.date()).ruling_binds_days
    office.now += timedelta(days=days - 1)
    assert answer_of(office, office.decide(member, 4_000))["outcome"] == "REFER"
    office.now += timedelta(days=1)
    assert answer_of(office, office.decide(member, 4_000))["outcome"] == "APPROVE"


def test_a_member_who_withdrew_a_request_was_not_judged(office):
    member = office.member("FIRST")
    override(office, office.decide(member, 5_000), WITHDREW)
    assert answer_of(office, office.decide(member, 4_000))["outcome"] == "APPROVE"


@pytest.mark.parametrize("earlier", [DECLINE, approve(2_000)], ids=["declined", "less"])
def test_a_member_who_withdraws_later_lifts_no_earlier_ruling(office, earlier):
    member = office.member("FIRST")
    ruled = office.decide(member, member["limit_yuan"] + 1)
    review(office, ruled, earlier)
    asked = office.decide(member, 5_000)
    assert answer_of(office, asked)["outcome"] == "REFER"
    review(office, asked, WITHDREW, actor="reviewer-2")
    again = office.decide(member, 4_000)
    assert answer_of(office, again)["outcome"] == "REFER"
    assert entries_of(office, again)[0].body["ruling"] == entries_of(office, ruled)[-1].entry_id
    assert office.refusal(erase(office, member, "reviewer-3")) == "ruling-binds"
    office.now += timedelta(days=controls_on(office.now.date()).ruling_binds_days)
    assert answer_of(office, office.decide(member, 4_000))["outcome"] == "APPROVE"


def test_a_member_who_withdraws_later_frees_no_payment(office):
    member = office.member("FIRST")
    ready = office.decide(member, 5_000)
    override(office, office.decide(member, 4_999), DECLINE)
    review(office, office.decide(member, 4_998), WITHDREW, actor="reviewer-2")
    assert office.refusal(pay(office, ready, 1_000)) == "ruled-otherwise"


def entries_of(desk, decision):
    with desk.ledger.read() as view:
        return view.entries_of_decision(decision)


def test_a_ruling_binds_nobody_else(office):
    one = office.member("FIRST")
    override(office, office.decide(one, 5_000), DECLINE)
    other = dict(next(row for row in first_tier(office) if row["member_id"] != one["member_id"]))
    assert answer_of(office, office.decide(other, 3_000))["outcome"] == "APPROVE"


def first_tier(desk):
    from api.editions.edition import PlaceFilter

    rows = desk.resources.edition.page(PlaceFilter(), "FIRST", None, 1_200)
    return [row for row in rows if row["limit_yuan"] >= 3_000]


def test_a_bound_decision_replays_with_its_ruling(office):
    member = office.member("FIRST")
    override(office, office.decide(member, 5_000), DECLINE)
    again = office.decide(member, 4_000)
    office.now += timedelta(days=400)
    with office.ledger.read() as view:
        found = replay(view, again)
    assert found.differences == ()
    assert found.recomputed["outcome"] == "REFER"


def test_a_reviewer_sees_every_earlier_ruling_on_the_member(office):
    member = office.member("FIRST")
    first = office.decide(member, 5_000)
    override(office, first, DECLINE)
    override(office, first, approve(2_000), actor="reviewer-2")
    again = office.decide(member, 4_000)
    with office.ledger.read() as view:
        rows, _ = queue_page(Tally(), view, lambda village: True, 0, 10)
    assert [row["decision_id"] for row in rows] == [again]
    seen = rows[0]["earlier_rulings"]
    assert [(each["outcome"], each["amount_yuan"], each["recorded_by"]) for each in seen] == [
        ("DECLINE", None, "reviewer-1"),
        ("APPROVE", 2_000, "reviewer-2"),
    ]
    assert {each["note"] for each in seen} == {NOTE}


def limited_to(desk, yuan):
    policy = desk.resources.policy
    strict = replace(policy, numbers={**policy.numbers, "four_eyes_above_yuan": yuan})
    return replace(desk.resources, policy=strict)


def test_two_approvals_below_the_limit_count_together_for_four_eyes(office):
    low = limited_to(office, 6_000)
    member = max((row for row in second_tier(office)), key=lambda row: row["limit_yuan"])
    assert member["limit_yuan"] >= 8_000
    first, second = office.decide(member, 4_000), office.decide(member, 3_999)
    assert review(office, first, approve(4_000), resources=low)["approved_yuan"] == 4_000
    state = review(office, second, approve(3_999), actor="reviewer-2", resources=low)
    assert (state["status"], state["approved_yuan"]) == ("WAITING_FOR_SECOND", 0)
    assert office.refusal(pay(office, second, 1_000)) == "not-approved"
    done = review(office, second, approve(3_999), actor="reviewer-3", resources=low)
    assert done["approved_by"] == ["reviewer-2", "reviewer-3"]


def test_what_is_paid_counts_for_four_eyes_while_the_loan_runs(office):
    low = limited_to(office, 6_000)
    member = max(second_tier(office), key=lambda row: row["limit_yuan"])
    first = office.decide(member, 4_000)
    review(office, first, approve(4_000), resources=low)
    office.do(pay(office, first, 4_000))
    office.now += timedelta(days=40)
    second = office.decide(member, 3_000)
    state = review(office, second, approve(3_000), actor="reviewer-2", resources=low)
    assert state["status"] == "WAITING_FOR_SECOND"


def test_an_override_counts_exposure_too(office):
    low = limited_to(office, 6_000)
    member = max(second_tier(office), key=lambda row: row["limit_yuan"])
    first, second = office.decide(member, 4_000), office.decide(member, 3_999)
    review(office, first, approve(4_000), resources=low)
    review(office, second, DECLINE, actor="reviewer-2")
    alone = Override(None, "reviewer-3", second, approve(3_999), low)
    assert office.refusal(alone) == "four-eyes-needed"


def second_tier(desk):
    from api.editions.edition import PlaceFilter

    rows = desk.resources.edition.page(PlaceFilter(), "SECOND", None, 1_200)
    return [row for row in rows if not row["knock_outs"]]


def test_the_household_counts_for_four_eyes(office):
    edition, low = office.resources.edition, limited_to(office, 6_000)
    pairs = (
        (row, edition.row(other))
        for row in second_tier(office)
        for other in edition.household_of(row["member_id"])
    )
    member, relative = next(pairs)
    declined = office.decide(relative, 4_000)
    if answer_of(office, declined)["outcome"] == "DECLINE":
        office.do(RequestReview(None, "officer-1", declined, None))
    first = review(office, declined, approve(4_000), resources=low)
    if first["status"] == "WAITING_FOR_SECOND":  # a household rule needs two in itself
        first = review(office, declined, approve(4_000), actor="reviewer-2", resources=low)
    assert first["approved_yuan"] == 4_000
    asked = office.decide(member, 3_000)
    state = review(office, asked, approve(3_000), actor="reviewer-3", resources=low)
    assert state["status"] == "WAITING_FOR_SECOND"


def test_nobody_approves_alone_in_spite_of_a_household_rule(office):
    edition = office.resources.edition
    rows = edition.page(everywhere(), None, None, 1_200)
    member = next(row for row in rows if "HOUSEHOLD_BORROWER" in row["knock_outs"])
    declined = office.decide(member, 3_000)
    alone = Override(None, "reviewer-1", declined, approve(3_000), office.resources)
    assert office.refusal(alone) == "four-eyes-needed"
    office.do(RequestReview(None, "officer-1", declined, None))
    state = review(office, declined, approve(3_000))
    assert (state["status"], state["approved_yuan"]) == ("WAITING_FOR_SECOND", 0)
    state = review(office, declined, approve(3_000), actor="reviewer-2")
    assert state["approved_by"] == ["reviewer-1", "reviewer-2"]


def everywhere():
    from api.editions.edition import PlaceFilter

    return PlaceFilter()


def erase(desk, member, actor="reviewer-2"):
    return Erase(None, actor, member["member_id"], desk.resources)


def test_erasure_does_not_undo_a_ruling_that_binds(office):
    member = office.member("FIRST")
    override(office, office.decide(member, 5_000), DECLINE)
    days = controls_on(office.now.date()).ruling_binds_days
    lapses = office.now + timedelta(days=days)
    with pytest.raises(ProblemError) as refusal:
        office.do(erase(office, member))
    assert refusal.value.kind.name == "ruling-binds"
    for text in (refusal.value.kind.detail.en, refusal.value.kind.detail.zh):
        assert lapses.date().isoformat() in text
    office.now = lapses - timedelta(days=1)
    assert office.refusal(erase(office, member)) == "ruling-binds"
    assert answer_of(office, office.decide(member, 4_999))["outcome"] == "REFER"
    office.now = lapses
    assert "erased_at" in office.do(erase(office, member))


def test_a_ruling_that_binds_nobody_holds_up_no_erasure(office):
    member = office.member("SECOND")
    review(office, office.decide(member, 5_000), WITHDREW)
    assert "erased_at" in office.do(erase(office, member))


def test_whoever_ruled_does_not_erase(office):
    member = office.member("SECOND")
    office.now = datetime(2027, 1, 4, 2, tzinfo=UTC)
    review(office, office.decide(member, 5_000), WITHDREW, actor="reviewer-1")
    assert office.refusal(erase(office, member, "reviewer-1")) == "duties-apart"
    assert "erased_at" in office.do(erase(office, member, "reviewer-2"))
