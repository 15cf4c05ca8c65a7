"""The decision: an edition's row compared with a request."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.decision.decision import Request, decide
from model.decision.whitelist import HOUSEHOLD_BORROWER, assess_edition
from model.policy.policy import policy_on
from tests.support.cards.policy_cases import CASES_CARD, POLICY_CASES

CARD = CASES_CARD
CASES = POLICY_CASES
DAY = CASES["as_of"]
POLICY = policy_on(DAY)
TEXT_COLUMNS = ("occupation", "household_id")
REFERRED = {"bureau_queries_6m": 9}
NURTURED = {"operating_years": 1, "bills_on_time_share_12m": 0.1}
DECLINED = {"court_unresolved": 1}


def columns_of(members):
    rows = [{**CASES["member"], **member} for member in members]
    return {
        name: np.array(
            [row[name] for row in rows], dtype=object if name in TEXT_COLUMNS else np.float64
        )
        for name in rows[0]
    }


def decide_one(member=None, yuan=10_000, months=10, purpose="inputs", policy=POLICY):
    return decide(columns_of([member or {}]), Request(yuan, months, purpose), DAY, policy, CARD)


def with_request_effect(effect):
    rule = replace(POLICY.request_rules[0], outcome=effect, attribute="amount_yuan", value=0.0)
    return replace(POLICY, request_rules=(rule,))


@pytest.mark.parametrize(
    ("member", "tier", "outcomes"),
    [
        ({}, "FIRST", ("APPROVE", "REFER", "DECLINE")),
        (REFERRED, "SECOND", ("REFER", "REFER", "DECLINE")),
        (NURTURED, "THIRD", ("DECLINE", "DECLINE", "DECLINE")),
        (DECLINED, "NONE", ("DECLINE", "DECLINE", "DECLINE")),
    ],
)
def test_a_request_can_only_worsen_the_outcome_and_never_moves_the_tier(member, tier, outcomes):
    policies = (replace(POLICY, request_rules=()), with_request_effect("refer"),
                with_request_effect("decline"))  # fmt: skip
    decision = [decide_one(member, policy=policy) for policy in policies]
    assert tuple(each.outcome for each in decision) == outcomes
    assert {each.tier for each in decision} == {tier}


def test_the_purpose_is_recorded_elsewhere_and_changes_nothing():
    assert decide_one(purpose="inputs") == decide_one(purpose="a wedding")


def test_a_decision_says_by_which_policy_and_as_of_which_day():
    assert (decide_one().as_of, decide_one().policy_digest) == (DAY, POLICY.digest)


def test_a_decision_without_an_offer_has_no_terms():
    for member in (NURTURED, DECLINED):
        decision = decide_one(member)
        assert decision.limit_yuan == 0
        assert (
            decision.annual_rate,
            decision.months,
            decision.repayment,
            decision.limit_bound_by,
        ) == (None,) * 4


def test_knock_outs_have_texts_in_both_languages():
    (knock_out,) = decide_one(DECLINED).knock_outs
    assert (knock_out.code, knock_out.zh) == ("COURT_RECORD", "有未结清的法院执行记录")
    assert knock_out.en == "an unresolved court record"


def test_a_decision_is_made_of_plain_values():
    for member in ({}, REFERRED, NURTURED, DECLINED, {"consent_in_force": 0}):
        plain = asdict(decide_one(member))
        assert json.loads(json.dumps(plain, default=str))["tier"] == plain["tier"]
        for name in ("limit_yuan", "points", "months"):
            assert type(plain[name]) in (int, type(None)), name
        for name in ("pd", "annual_rate"):
            assert type(plain[name]) in (float, type(None)), name


#: What only a score stands on: no rule and no limit reads it.
ONLY_SCORED = ("operating_years", "bills_on_time_share_12m", "leased_area_share", "crop_kinds")
law = settings(deadline=None, max_examples=60)


@law
@given(st.dictionaries(st.sampled_from(ONLY_SCORED), st.floats()), st.sampled_from([0, None]))
def test_without_consent_a_decision_shows_nothing_of_the_score(scored, consent):
    member = {**scored, "consent_in_force": np.nan if consent is None else consent}
    assert decide_one(member) == decide_one({"consent_in_force": 0})


members = st.fixed_dictionaries(
    {"household_id": st.sampled_from(["H1", "H2", "H3", "H4", None])},
    optional={
        "operating_years": st.sampled_from([1.0, 5, 12, 30, np.nan]),
        "bills_on_time_share_12m": st.sampled_from([0.2, 0.9, 1.0, 1.0]),
        "worst_days_past_due_24m": st.sampled_from([0, 0, 10, 30, 90, np.nan]),
        "harvest_melon_mu": st.sampled_from([0, 1, 5, 30]),
        "balance_outstanding": st.sampled_from([0, 0, 9_999.5, 45_000]),
        "consent_in_force": st.sampled_from([1, 1, 1, 0]),
        "age_years": st.sampled_from([17, 18, 40, 40, 63, 64, 65]),
        "occupation": st.sampled_from(["grower", "trader", "livestock", None]),
    },
)


@law
@given(st.lists(members, min_size=1, max_size=6), st.integers(1, 60_000))
def test_online_equals_the_edition_field_by_field(rows, yuan):
    columns, ids = columns_of(rows), np.array([f"M{i}" for i in range(len(rows))], dtype=object)
    found, borrower = assess_edition(columns, ids, DAY, POLICY, CARD)
    for i in range(len(rows)):
        one = {name: values[i : i + 1] for name, values in columns.items()}
        one[HOUSEHOLD_BORROWER] = borrower[i : i + 1]
        months = int(found.terms.months[i])
        decision = decide(one, Request(yuan, months, "inputs"), DAY, POLICY, CARD)
        assert (decision.tier, decision.limit_yuan) == (found.tier[i], found.limit_yuan[i])
        if found.scored[i]:
            assert (decision.points, decision.pd, decision.grade) == (
                found.points[i],
                found.pd[i],
                found.grade[i],
            )
        else:
            assert (decision.points, decision.pd, decision.grade) == (None, None, None)
        if found.offered[i]:
            assert decision.annual_rate == found.offer.annual_rate[i]
            assert (decision.months, decision.repayment) == (months, found.terms.repayment[i])
            assert decision.limit_bound_by == found.offer.bound_by[i]
        codes = [reason.code for reason in decision.reasons]
        assert codes == [code for code in found.reasons[i] if code is not None]
        rules = {rule.code for rule in POLICY.rules}
        on_member = tuple(k.code for k in decision.knock_outs if k.code in rules)
        assert on_member == found.knock_outs.codes_of(i)


@law
@given(members, st.integers(1_000, 20_000), st.integers(1, 30))
def test_an_approval_never_exceeds_what_was_offered(member, yuan, months):
    decision = decide_one(member, yuan, months)
    if decision.outcome == "APPROVE":
        assert decision.tier == "FIRST"
        assert yuan <= decision.limit_yuan
        assert decision.months == months
        assert decision.knock_outs == ()
    if decision.outcome == "DECLINE":
        assert decision.knock_outs or decision.reasons
