"""Duties apart: what one person may not do on one case, and what two people do together."""

from datetime import UTC, datetime, timedelta

import pytest

from api.consent.commands import SetConsent
from api.core.calendar import date_in_china
from api.http.problems import ProblemError
from api.payments.commands import CancelDisbursement, Confirm, Disburse, WithdrawProposal
from api.payments.repayments import Repay
from api.reviews.commands import ClaimReview, GiveVerdict, Override, Ruling
from model.policy.controls import controls_on

NOTE = "到场核实无误"
APPROVE = Ruling("APPROVE", 3_000, "INCOME_VERIFIED", NOTE)
DECLINE = Ruling("DECLINE", None, "INCOME_NOT_VERIFIED", NOTE)


@pytest.fixture
def office(desk):
    """A desk on a day on which the controls are in force."""
    desk.now = datetime(2026, 3, 2, 2, tzinfo=UTC)
    return desk


def consent(desk, member, given=True, actor="officer-1"):
    return SetConsent(None, actor, member["member_id"], given, "paper", desk.resources)


def pay(desk, decision, yuan, actor="officer-2"):
    return Disburse(None, actor, decision, yuan, desk.resources)


def cancel(decision, actor="officer-3", number=1):
    return CancelDisbursement(None, actor, decision, number)


def confirm(desk, decision, proposal, actor):
    return Confirm(None, actor, decision, proposal, desk.resources)


def refused_question(desk, member, yuan, actor):
    with pytest.raises(ProblemError) as refusal:
        desk.decide(member, yuan, actor)
    return refusal.value.kind.name


def test_whoever_recorded_consent_does_not_ask(office):
    member = office.member("NONE", consents=False)
    office.do(consent(office, member))
    assert refused_question(office, member, 3_000, "officer-1") == "duties-apart"
    assert office.decide(member, 3_000, "officer-2")


def test_a_refused_question_leaves_those_beside_it_alone(office):
    member = office.member("NONE", consents=False)
    office.do(consent(office, member))
    assert refused_question(office, member, 3_000, "officer-1") == "duties-apart"
    first = office.decide(member, 3_000, "officer-2")
    assert office.decide(member, 3_000, "officer-3") == first


def test_whoever_asked_does_not_record_the_consent_that_the_payment_needs(office):
    member = office.member("FIRST")
    decision = office.decide(member, 3_000)
    office.do(consent(office, member, given=False, actor="officer-2"))
    assert office.refusal(consent(office, member, actor="officer-1")) == "duties-apart"
    office.do(consent(office, member, actor="officer-3"))
    assert office.do(pay(office, decision, 1_000))["drawn_yuan"] == 1_000


def test_whoever_asked_in_vain_may_record_consent(office):
    member = office.member("NONE", consents=False)
    office.decide(member, 3_000)
    assert office.do(consent(office, member))["in_force"] is True


def test_whoever_recorded_consent_does_not_rule(office):
    member = office.member("SECOND")
    office.do(consent(office, member, given=False, actor="officer-2"))
    office.do(consent(office, member, actor="reviewer-1"))
    decision = office.decide(member, 5_000)
    office.do(ClaimReview(None, "reviewer-1", decision, office.resources.policy))
    verdict = GiveVerdict(None, "reviewer-1", decision, APPROVE, office.resources)
    assert office.refusal(verdict) == "duties-apart"


def test_whoever_asked_does_not_pay(office):
    decision = office.decide(office.member("FIRST"), 3_000)
    assert office.refusal(pay(office, decision, 1_000, "officer-1")) == "duties-apart"
    assert office.do(pay(office, decision, 1_000, "officer-2"))["drawn_yuan"] == 1_000


def test_whoever_repeated_the_question_does_not_pay(office):
    member = office.member("FIRST")
    decision = office.decide(member, 3_000)
    assert office.decide(member, 3_000, "officer-2") == decision
    assert office.refusal(pay(office, decision, 1_000, "officer-2")) == "duties-apart"


def test_whoever_paid_does_not_cancel(office):
    decision = office.decide(office.member("FIRST"), 3_000)
    office.do(pay(office, decision, 1_000))
    assert office.refusal(cancel(decision, "officer-2")) == "duties-apart"
    assert office.do(cancel(decision, "officer-1"))["drawn_yuan"] == 0


def test_whoever_cancelled_does_not_pay(office):
    decision = office.decide(office.member("FIRST"), 3_000)
    office.do(pay(office, decision, 1_000))
    office.do(cancel(decision, "officer-3"))
    assert office.refusal(pay(office, decision, 1_000, "officer-3")) == "duties-apart"


def test_whoever_ruled_does_not_pay_and_whoever_paid_does_not_rule(office):
    decision = office.decide(office.member("SECOND"), 5_000)
    office.do(ClaimReview(None, "both", decision, office.resources.policy))
    office.do(GiveVerdict(None, "both", decision, APPROVE, office.resources))
    assert office.refusal(pay(office, decision, 1_000, "both")) == "duties-apart"
    office.do(pay(office, decision, 1_000, "officer-2"))
    revoke = Override(None, "officer-2", decision, DECLINE, office.resources)
    assert office.refusal(revoke) == "duties-apart"


def test_a_case_before_the_controls_took_effect_is_worked_on_as_it_was(desk):
    decision = desk.decide(desk.member("FIRST"), 3_000)
    assert desk.do(pay(desk, decision, 1_000, "officer-1"))["drawn_yuan"] == 1_000


@pytest.fixture
def large(office):
    """A decision approved for more than one person may pay, and that amount."""
    most = controls_on(office.now.date()).two_people_pay_above_yuan
    member = office.member("FIRST")
    assert member["limit_yuan"] >= most + 5_000
    return office.decide(member, most + 5_000), most


def test_a_large_payment_takes_place_when_another_person_confirms_it(office, large):
    decision, most = large
    state = office.do(pay(office, decision, most + 1))
    assert (state["drawn_yuan"], state["disbursements"]) == (0, [])
    (proposal,) = state["awaiting_confirmation"]
    assert (proposal["amount_yuan"], proposal["proposed_by"]) == (most + 1, "officer-2")
    number = proposal["proposal_id"]
    for actor in ("officer-2", "officer-1"):
        assert office.refusal(confirm(office, decision, number, actor)) == "duties-apart", actor
    paid = office.do(confirm(office, decision, number, "officer-3"))
    assert (paid["drawn_yuan"], "awaiting_confirmation" in paid) == (most + 1, False)
    assert office.refusal(confirm(office, decision, number, "officer-4")) == "unknown-proposal"


def test_parts_below_the_amount_need_the_second_person_together(office, large):
    decision, most = large
    office.do(pay(office, decision, most))
    state = office.do(pay(office, decision, 100))
    assert state["drawn_yuan"] == most
    assert [each["amount_yuan"] for each in state["awaiting_confirmation"]] == [100]


def test_parts_on_two_decisions_need_the_second_person_together(office):
    """Found from outside: asked twice, one yuan apart, each part stayed below the amount."""
    member = office.member("FIRST")
    most = controls_on(office.now.date()).two_people_pay_above_yuan
    assert member["limit_yuan"] > most
    first, second = (office.decide(member, most - less) for less in (0, 1))
    office.do(pay(office, first, most - 1_000))
    state = office.do(pay(office, second, 1_001))
    assert state["drawn_yuan"] == 0
    (proposal,) = state["awaiting_confirmation"]
    state = office.do(confirm(office, second, proposal["proposal_id"], "officer-3"))
    assert state["drawn_yuan"] == 1_001
    # What is cancelled adds up likewise.
    assert office.do(cancel(first, "officer-4"))["drawn_yuan"] == 0
    state = office.do(cancel(second, "officer-4"))
    assert state["drawn_yuan"] == 1_001
    assert [each["cancels_number"] for each in state["awaiting_confirmation"]] == [1]


def test_what_was_repaid_on_another_decision_counts_no_more_for_two(office):
    member = office.member("FIRST")
    most = controls_on(office.now.date()).two_people_pay_above_yuan
    first, second = (office.decide(member, most - less) for less in (0, 1))
    office.do(pay(office, first, 5_000))
    office.do(Repay(None, "officer-1", first, 1, 5_000, date_in_china(office.now)))
    assert office.do(pay(office, second, most - 1))["drawn_yuan"] == most - 1


def test_a_proposal_lapses_and_is_judged_again_when_it_is_confirmed(office, large):
    decision, most = large
    first = office.do(pay(office, decision, most + 1))["awaiting_confirmation"][0]
    consents = consent(office, office.member("FIRST"), given=False, actor="officer-5")
    office.do(consents)
    again = confirm(office, decision, first["proposal_id"], "officer-3")
    assert office.refusal(again) == "consent-not-in-force"
    office.now += timedelta(hours=controls_on(office.now.date()).confirmation_hours)
    assert office.refusal(again) == "unknown-proposal"


def test_a_large_cancellation_needs_two_people_who_did_not_pay(office, large):
    decision, most = large
    proposed = office.do(pay(office, decision, most + 1))["awaiting_confirmation"][0]
    office.do(confirm(office, decision, proposed["proposal_id"], "officer-3"))
    for actor in ("officer-2", "officer-3"):
        assert office.refusal(cancel(decision, actor)) == "duties-apart"
    state = office.do(cancel(decision, "officer-4"))
    assert state["drawn_yuan"] == most + 1
    assert office.refusal(cancel(decision, "officer-5")) == "already-proposed"
    number = state["awaiting_confirmation"][0]["proposal_id"]
    for actor in ("officer-4", "officer-2"):
        assert office.refusal(confirm(office, decision, number, actor)) == "duties-apart"
    assert office.do(confirm(office, decision, number, "officer-5"))["drawn_yuan"] == 0


def partial(desk, member, purposes, given=True, actor="officer-1"):
    return SetConsent(
        None, actor, member["member_id"], given, "paper", desk.resources, tuple(purposes)
    )


def test_a_withdrawal_of_what_is_not_needed_frees_nobody_to_ask(office):
    member = office.member("NONE", consents=False)
    everything = ("personal_information", "credit_bureau", "data_sharing")
    office.do(partial(office, member, everything))
    office.do(partial(office, member, ["data_sharing"], given=False, actor="officer-2"))
    assert refused_question(office, member, 3_000, "officer-1") == "duties-apart"
    assert office.decide(member, 3_000, "officer-2")


def test_whoever_recorded_a_part_of_the_consent_neither_asks_nor_rules(office):
    member = office.member("SECOND")
    office.do(consent(office, member, given=False, actor="officer-3"))
    office.do(partial(office, member, ["personal_information"], actor="officer-1"))
    office.do(partial(office, member, ["credit_bureau"], actor="officer-2"))
    for actor in ("officer-1", "officer-2"):
        assert refused_question(office, member, 5_000, actor) == "duties-apart", actor
    decision = office.decide(member, 5_000, "officer-3")
    office.do(ClaimReview(None, "officer-1", decision, office.resources.policy))
    verdict = GiveVerdict(None, "officer-1", decision, APPROVE, office.resources)
    assert office.refusal(verdict) == "duties-apart"


def test_a_form_that_repeats_a_purpose_does_not_free_who_recorded_it_first(office):
    member = office.member("NONE", consents=False)
    office.do(consent(office, member))
    everything = ("personal_information", "credit_bureau", "data_sharing")
    office.do(partial(office, member, everything, actor="officer-2"))
    for actor in ("officer-1", "officer-2"):
        assert refused_question(office, member, 3_000, actor) == "duties-apart", actor


def test_consent_to_what_is_not_needed_bars_nobody_from_asking(office):
    member = office.member("FIRST")
    office.do(partial(office, member, ["data_sharing"], given=False, actor="officer-2"))
    office.do(partial(office, member, ["data_sharing"]))
    assert office.decide(member, 3_000, "officer-1")


def withdraw(desk, decision, proposal, actor):
    number = proposal["proposal_id"]
    return WithdrawProposal(None, actor, decision, number, desk.resources)


def test_what_is_proposed_is_no_longer_left_for_another_payment(office, large):
    """Found from outside: 38,000 were proposed while 20,000 of 58,000 waited for confirmation."""
    decision, most = large
    state = office.do(pay(office, decision, most + 1))
    assert state["left_yuan"] == 4_999
    assert office.refusal(pay(office, decision, 5_000)) == "above-unconfirmed"
    assert office.refusal(pay(office, decision, most + 5_001)) == "above-approved"
    assert office.do(pay(office, decision, 4_999))["left_yuan"] == 0
    number = state["awaiting_confirmation"][0]["proposal_id"]
    assert office.do(confirm(office, decision, number, "officer-3"))["drawn_yuan"] == most + 5_000


def test_what_is_proposed_on_another_decision_takes_from_the_limit_alone(office):
    member = office.member("FIRST")
    most, limit = controls_on(office.now.date()).two_people_pay_above_yuan, member["limit_yuan"]
    first, second = office.decide(member, most + 4_000), office.decide(member, limit - 1_000)
    office.do(pay(office, first, most + 4_000))
    left = limit - most - 4_000
    assert office.refusal(pay(office, second, left + 1)) == "above-unconfirmed"
    state = office.do(pay(office, second, left))
    assert state["left_yuan"] == most + 3_000, "of the decision alone"


def test_a_lapsed_proposal_leaves_its_amount_again(office, large):
    decision, most = large
    office.do(pay(office, decision, most + 5_000))
    assert office.refusal(pay(office, decision, 100)) == "above-unconfirmed"
    office.now += timedelta(hours=controls_on(office.now.date()).confirmation_hours)
    assert office.do(pay(office, decision, 100))["drawn_yuan"] == 100


def test_a_proposal_is_withdrawn_by_whoever_made_it_and_its_amount_is_free_again(office, large):
    decision, most = large
    (proposal,) = office.do(pay(office, decision, most + 1))["awaiting_confirmation"]
    state = office.do(withdraw(office, decision, proposal, "officer-2"))
    assert (state["left_yuan"], state["drawn_yuan"]) == (most + 5_000, 0)
    assert "awaiting_confirmation" not in state
    late = confirm(office, decision, proposal["proposal_id"], "officer-3")
    assert office.refusal(late) == "unknown-proposal"
    assert office.refusal(withdraw(office, decision, proposal, "officer-2")) == "unknown-proposal"
    with office.ledger.read() as view:
        entry = view.entries_of_decision(decision)[-1]
    assert (entry.kind, entry.actor, entry.amount_yuan) == (
        "PROPOSAL_WITHDRAWN", "officer-2", most + 1,
    )  # fmt: skip


def test_whoever_may_confirm_a_proposal_may_withdraw_it_and_nobody_else(office, large):
    decision, most = large
    (proposal,) = office.do(pay(office, decision, most + 1))["awaiting_confirmation"]
    assert office.refusal(withdraw(office, decision, proposal, "officer-1")) == "duties-apart"
    state = office.do(withdraw(office, decision, proposal, "reviewer-1"))
    assert state["left_yuan"] == most + 5_000


def test_a_proposed_cancellation_is_withdrawn_and_the_payment_stays(office, large):
    decision, most = large
    (proposal,) = office.do(pay(office, decision, most + 1))["awaiting_confirmation"]
    office.do(confirm(office, decision, proposal["proposal_id"], "officer-3"))
    (undo,) = office.do(cancel(decision, "officer-4"))["awaiting_confirmation"]
    assert office.refusal(withdraw(office, decision, undo, "officer-3")) == "duties-apart"
    state = office.do(withdraw(office, decision, undo, "officer-5"))
    assert (state["drawn_yuan"], "awaiting_confirmation" in state) == (most + 1, False)
    assert office.do(cancel(decision, "officer-4"))["awaiting_confirmation"]
