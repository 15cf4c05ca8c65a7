"""Payments: approved, not expired, within the limit, with consent, still eligible."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from api.cases.case import case_of
from api.consent.commands import SetConsent
from api.http.problems import ProblemError
from api.payments.commands import CancelDisbursement, Disburse
from model.policy.entries import LINE_NUMBERS


def pay(desk, decision, yuan, actor="officer-1"):
    return Disburse(None, actor, decision, yuan, desk.resources)


def without_lines(resources):
    """Return the resources under a policy of before there were lines of credit."""
    policy = resources.policy
    numbers = {name: n for name, n in policy.numbers.items() if name not in LINE_NUMBERS}
    rules = tuple(rule for rule in policy.request_rules if rule.code != "LINE_TOO_LONG")
    return replace(resources, policy=replace(policy, numbers=numbers, request_rules=rules))


def approved(desk, share=1.0):
    member = desk.member("FIRST")
    return member, desk.decide(member, int(member["limit_yuan"] * share) // 1000 * 1000)


def test_an_approved_decision_can_be_drawn_in_parts_up_to_its_amount(desk):
    member, decision = approved(desk)
    limit = member["limit_yuan"]
    assert desk.do(pay(desk, decision, 1_000))["left_yuan"] == limit - 1_000
    state = desk.do(pay(desk, decision, limit - 1_000))
    assert (state["drawn_yuan"], state["left_yuan"]) == (limit, 0)
    assert desk.refusal(pay(desk, decision, 1)) == "above-approved"


def test_a_cancelled_draw_is_a_new_entry_and_frees_its_amount(desk):
    member, decision = approved(desk)
    desk.do(pay(desk, decision, member["limit_yuan"]))
    state = desk.do(CancelDisbursement(None, "officer-1", decision, 1))
    assert (state["drawn_yuan"], state["left_yuan"]) == (0, member["limit_yuan"])
    assert [draw["is_cancelled"] for draw in state["disbursements"]] == [True]
    again = CancelDisbursement(None, "officer-1", decision, 1)
    assert desk.refusal(again) == "already-cancelled"
    unknown = CancelDisbursement(None, "officer-1", decision, 2)
    assert desk.refusal(unknown) == "unknown-disbursement"
    with desk.ledger.read() as view:
        kinds = [entry.kind for entry in view.entries_of_decision(decision)]
    assert kinds == ["DECISION", "DISBURSED", "DISBURSEMENT_CANCELLED"]


def test_draws_on_a_members_other_decisions_in_force_count_too(desk):
    member, first = approved(desk, 0.6)
    second = desk.decide(member, member["limit_yuan"] - 1_000)
    desk.do(pay(desk, first, 2_000))
    most = member["limit_yuan"] - 2_000
    assert desk.refusal(pay(desk, second, most + 1)) == "above-approved"
    assert desk.do(pay(desk, second, most))["drawn_yuan"] == most


def test_a_running_loan_counts_after_its_decision_expired(desk):
    member, first = approved(desk)
    limit = member["limit_yuan"]
    desk.do(pay(desk, first, limit - 2_000))
    desk.now += timedelta(days=31)
    second = desk.decide(member, limit)
    assert desk.refusal(pay(desk, first, 1)) == "decision-expired"
    assert desk.refusal(pay(desk, second, 2_001)) == "above-approved"
    desk.do(CancelDisbursement(None, "officer-1", first, 1))
    assert desk.do(pay(desk, second, limit))["drawn_yuan"] == limit


def test_a_loan_whose_term_has_ended_does_not_count_under_a_policy_without_lines(desk):
    desk.resources = without_lines(desk.resources)
    member, first = approved(desk)
    desk.do(pay(desk, first, member["limit_yuan"]))
    desk.now += timedelta(days=31 * (member["months"] + 1))
    second = desk.decide(member, member["limit_yuan"])
    assert desk.do(pay(desk, second, member["limit_yuan"]))["left_yuan"] == 0


def test_a_decision_can_be_drawn_on_through_its_last_day_in_china_and_no_longer(desk):
    _, decision = approved(desk)
    desk.now += timedelta(days=30)
    assert desk.do(pay(desk, decision, 1_000))["status"] == "APPROVED"
    desk.now = desk.now.replace(hour=15, minute=59)
    desk.do(pay(desk, decision, 1_000))
    desk.now = desk.now.replace(hour=16, minute=0)  # midnight in China
    assert desk.refusal(pay(desk, decision, 1_000)) == "decision-expired"


@pytest.mark.parametrize(
    ("tier", "refusal"),
    [("SECOND", "not-approved"), ("THIRD", "not-approved"), ("NONE", "not-approved")],
)
def test_nothing_is_paid_without_an_approval(desk, tier, refusal):
    decision = desk.decide(desk.member(tier), 3_000)
    assert desk.refusal(pay(desk, decision, 1_000)) == refusal


def test_an_unknown_decision_is_not_found(desk):
    assert desk.refusal(pay(desk, "0" * 36, 1)) == "unknown-decision"


def test_withdrawn_consent_stops_payments_until_it_is_given_again(desk):
    member, decision = approved(desk)
    withdraw = SetConsent(None, "o", member["member_id"], False, "paper", desk.resources)
    desk.do(withdraw)
    assert desk.refusal(pay(desk, decision, 1_000)) == "consent-not-in-force"
    assert desk.refusal(withdraw) == "consent-unchanged"
    desk.do(replace(withdraw, is_given=True))
    assert desk.do(pay(desk, decision, 1_000))["drawn_yuan"] == 1_000


def test_withdrawn_consent_declines_the_next_decision_without_a_score(desk):
    member = desk.member("FIRST")
    desk.do(SetConsent(None, "o", member["member_id"], False, "voice", desk.resources))
    decision = desk.decide(member, 3_000)
    with desk.ledger.read() as view:
        answer = case_of(view, decision).answer
    assert (answer["outcome"], answer["points"]) == ("DECLINE", None)
    assert [rule["code"] for rule in answer["knock_outs"]] == ["NO_CONSENT"]


def test_a_member_without_consent_in_the_archive_can_give_it_at_the_counter(desk):
    member = desk.member("NONE", consents=False)
    give = SetConsent(None, "o", member["member_id"], True, "electronic", desk.resources)
    assert desk.do(give)["in_force"] is True
    decision = desk.decide(member, 3_000)
    with desk.ledger.read() as view:
        answer = case_of(view, decision).answer
    assert "NO_CONSENT" not in [rule["code"] for rule in answer["knock_outs"]]


def test_a_member_without_an_offer_any_more_is_not_paid(desk):
    member, decision = approved(desk)
    stricter = replace(desk.resources.policy, tiers={"FIRST": 2_000, "SECOND": 1_999})
    worse = replace(desk.resources, policy=stricter)
    refused = Disburse(None, "officer-1", decision, 1_000, worse)
    assert member["tier"] == "FIRST"
    assert desk.refusal(refused) == "no-longer-eligible"
    assert desk.do(pay(desk, decision, 1_000))["drawn_yuan"] == 1_000


def test_a_draw_records_the_versions_of_its_assessment(desk):
    _, decision = approved(desk)
    desk.do(pay(desk, decision, 1_000))
    with desk.ledger.read() as view:
        entry = view.entries_of_decision(decision)[-1]
    assert entry.amount_yuan == 1_000
    assert entry.body["card_digest"] == desk.resources.card.digest
    assert entry.body["edition_digest"] == desk.resources.edition.digest


def test_sixteen_simultaneous_payments_never_exceed_the_approved_amount(desk):
    member, decision = approved(desk)
    part = member["limit_yuan"] // 3

    def press(_):
        try:
            desk.ledger.write_now(pay(desk, decision, part))
        except ProblemError as refused:
            return refused.kind.name
        return "paid"

    with ThreadPoolExecutor(16) as pool:
        outcomes = Counter(pool.map(press, range(16)))
    assert outcomes == {"paid": 3, "above-approved": 13}
