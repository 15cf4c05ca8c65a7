"""The nearest changes: what is promised is what the kernel decides, and no part is superfluous."""

from datetime import date

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from model.card.bins import Bins, Term
from model.card.scorecard import Card
from model.decision.whitelist import TIERS, assess
from model.explanation.nearest_changes import (
    MAX_PROPOSALS,
    Basis,
    nearest_changes,
    with_changes,
)
from model.explanation.own_power import ACTIVITIES, COUNTED_UNITS, begins_from_nothing
from model.policy.policy import policy_on
from model.profile.dictionary import member_dictionary
from tests.support.cards.policy_cases import CASES_CARD, POLICY_CASES

CASES = POLICY_CASES
DAY: date = CASES["as_of"]
CARD = CASES_CARD
BASIS = Basis(DAY, policy_on(DAY), CARD, member_dictionary())
TEXT_COLUMNS = ("occupation", "household_id")
law = settings(deadline=None, max_examples=25)


def profile(**member):
    values = {**CASES["member"], **member}
    return {
        name: np.array([value], dtype=object if name in TEXT_COLUMNS else np.float64)
        for name, value in values.items()
    }


def tier_of(columns, basis=BASIS):
    return str(assess(columns, basis.as_of, basis.policy, basis.card).tier[0])


def rank(tier):
    return TIERS.index(tier)


def paired(seed):
    """A card of random points with a pair term, over attributes of which most are actionable."""
    random = np.random.default_rng(seed)
    names = ("bills_on_time_share_12m", "crop_kinds", "worst_days_past_due_24m", "operating_years")
    edges = {"bills_on_time_share_12m": (0.5, 0.8, 0.95), "crop_kinds": (1.5, 2.5),
             "worst_days_past_due_24m": (1.0, 30.0), "operating_years": (3.0, 9.0)}  # fmt: skip
    known = BASIS.dictionary
    bins = {n: Bins(n, edges[n], (), known[n].minimum, known[n].maximum) for n in names}
    one = [Term((n,), random.integers(-30, 30, bins[n].size), 0) for n in names]
    shape = (bins[names[0]].size, bins[names[1]].size)
    pair = Term(names[:2], random.integers(-20, 20, shape), 0)
    wording = {n: CARD.wording[n] for n in names}
    return Card(CARD.name, 575, bins, (*one, pair), wording, CARD.pd_points, CARD.pd_values,
                CARD.grades, CARD.scaling, {})  # fmt: skip


members = st.fixed_dictionaries(
    {},
    optional={
        "operating_years": st.sampled_from([1.0, 5.0, 12.0, np.nan]),
        "bills_on_time_share_12m": st.sampled_from([0.2, 0.6, 0.9, 0.98, np.nan, 7.0]),
        "worst_days_past_due_24m": st.sampled_from([0.0, 0.0, 10.0, 45.0, 90.0, np.nan]),
        "peer_review_grade_24m": st.sampled_from([1.0, 2.0, 3.0, 5.0, np.nan]),
        "leased_area_share": st.sampled_from([0.0, 0.5, 1.0, np.nan]),
        "crop_kinds": st.sampled_from([1.0, 2.0, 5.0, np.nan]),
        "days_past_due_now": st.sampled_from([0.0, 0.0, 12.0]),
        "court_unresolved": st.sampled_from([0.0, 0.0, 1.0]),
        "bureau_queries_6m": st.sampled_from([0.0, 5.0]),
        "months_of_history": st.sampled_from([3.0, 30.0]),
        "household_borrower": st.sampled_from([1.0, 1.0, 0.0, np.nan]),
        "consent_in_force": st.sampled_from([1.0, 1.0, 1.0, 0.0]),
        "harvest_melon_mu": st.sampled_from([0.0, 0.0, 3.0]),
    },
)
bases = st.one_of(
    st.just(BASIS),
    st.integers(0, 10_000).map(
        lambda seed: Basis(DAY, BASIS.policy, paired(seed), BASIS.dictionary)
    ),
)


@law
@given(members, bases)
def test_a_proposed_change_really_gives_the_promised_tier(member, basis):
    columns = profile(**member)
    for improvement in nearest_changes(columns, basis).improvements:
        after = with_changes(columns, improvement.changes)
        found = assess(after, basis.as_of, basis.policy, basis.card)
        assert (found.tier[0], found.points[0]) == (improvement.tier, improvement.points)
        assert rank(improvement.tier) >= rank(nearest_changes(columns, basis).target)


@law
@given(members, bases)
def test_no_part_of_a_proposal_can_be_dropped(member, basis):
    columns = profile(**member)
    outlook = nearest_changes(columns, basis)
    for improvement in outlook.improvements:
        for dropped in improvement.changes:
            rest = [change for change in improvement.changes if change is not dropped]
            assert rank(tier_of(with_changes(columns, rest), basis)) < rank(outlook.target)


@law
@given(members, bases, st.data())
def test_every_value_of_a_proposed_range_gives_the_promised_tier(member, basis, data):
    columns = profile(**member)
    improvements = nearest_changes(columns, basis).improvements
    assume(improvements)
    improvement = data.draw(st.sampled_from(improvements))
    change = data.draw(st.sampled_from(improvement.changes))
    known = basis.dictionary[change.attribute]
    low = 0.0 if change.low is None else change.low
    high = max(low, change.value) + 10 if change.high is None else np.nextafter(change.high, -1)
    value = data.draw(st.floats(low, high))
    value = float(np.ceil(value)) if known.unit in COUNTED_UNITS else value
    assume(value <= high)
    elsewhere = {**with_changes(columns, improvement.changes), change.attribute: np.array([value])}
    assert tier_of(elsewhere, basis) == improvement.tier


@law
@given(members, bases)
def test_where_nothing_is_proposed_no_single_own_value_would_have_done(member, basis):
    columns = profile(**member)
    outlook = nearest_changes(columns, basis)
    assume(outlook.target and not outlook.improvements)
    for attribute in basis.dictionary:
        if attribute.actionable and attribute.type == "number" and attribute.name in columns:
            low, high = attribute.minimum, attribute.maximum
            values = (0.0, 0.3, 0.97, 1.0, 2.0, 3.0, 5.0, 40.0)
            for value in (v for v in values if low <= v <= high):
                after = {**columns, attribute.name: np.array([value])}
                assert rank(tier_of(after, basis)) < rank(outlook.target)


def test_only_what_the_member_can_act_on_is_proposed():
    for member in ({"bills_on_time_share_12m": 0.2, "operating_years": 1.0}, {"crop_kinds": 1.0}):
        improvements = nearest_changes(profile(**member), BASIS).improvements
        named = {change.attribute for improvement in improvements for change in improvement.changes}
        assert all(member_dictionary()[name].actionable for name in named)


def test_one_change_is_preferred_to_two_and_the_nearer_range_to_the_farther():
    poor = profile(bills_on_time_share_12m=0.2, worst_days_past_due_24m=10)
    improvements = nearest_changes(poor, BASIS).improvements
    assert 0 < len(improvements) <= MAX_PROPOSALS
    assert len({len(improvement.changes) for improvement in improvements}) == 1
    steps = [sum(change.steps for change in improvement.changes) for improvement in improvements]
    assert steps == sorted(steps)


def test_settling_a_debt_is_proposed_if_only_a_rule_blocks():
    (improvement,) = nearest_changes(profile(days_past_due_now=12), BASIS).improvements
    (change,) = improvement.changes
    assert (change.attribute, change.value < 1, improvement.tier) == (
        "days_past_due_now",
        True,
        "FIRST",
    )


def test_rules_that_no_own_change_removes_are_named():
    outlook = nearest_changes(profile(household_borrower=0), BASIS)
    assert (outlook.improvements, outlook.blocked_by) == ((), ("HOUSEHOLD_BORROWER",))
    young = nearest_changes(profile(age_years=17, days_past_due_now=5), BASIS)
    assert (young.improvements, young.blocked_by) == ((), ("UNDER_AGE",))


def test_what_would_begin_from_nothing_is_not_proposed_for_it_would_move_more_than_itself():
    grower = {"bills_on_time_share_12m": 0.2, "operating_years": 5.0, "crop_kinds": 1.0}
    planting = {"crop_kinds", "leased_area_share", "area_total_mu"}

    def named(**member):
        improvements = nearest_changes(profile(**grower, **member), BASIS).improvements
        return {change.attribute for improvement in improvements for change in improvement.changes}

    assert named(area_total_mu=8.4, leased_area_share=0.0, peer_review_grade_24m=1.0) & planting
    nothing = named(area_total_mu=0.0, leased_area_share=np.nan, peer_review_grade_24m=2.0)
    assert nothing
    assert not nothing & planting


@pytest.mark.parametrize(
    ("measure", "value", "name", "is_nothing"),
    [
        ("area_total_mu", 0.0, "crop_kinds", True),
        ("area_total_mu", 8.4, "crop_kinds", False),
        ("average_balance_12m", np.nan, "average_balance_12m", True),
        ("months_since_last_loan", np.nan, "loans_repaid_24m", True),
        ("months_since_last_loan", 0.0, "loans_repaid_24m", False),
    ],
)
def test_an_activity_is_nothing_where_its_measure_is(measure, value, name, is_nothing):
    columns = {measure: np.array([value])}
    names = [each for activity in ACTIVITIES for each in activity]
    assert begins_from_nothing(name, columns, names) == is_nothing
    assert not begins_from_nothing(name, columns, [name])


def test_activities_name_existing_attributes_and_each_only_once():
    names = [name for activity in ACTIVITIES for name in activity]
    assert len(names) == len(set(names))
    assert all(member_dictionary()[name].type == "number" for name in names)


def test_the_first_tier_has_nothing_above():
    assert nearest_changes(profile(), BASIS).target is None


def test_without_consent_nothing_is_searched_because_nothing_is_scored():
    outlook = nearest_changes(profile(consent_in_force=0, bills_on_time_share_12m=0.2), BASIS)
    assert (outlook.target, outlook.improvements) == (None, ())


@pytest.mark.parametrize("grade", [1.0, 2.0])
def test_counts_move_by_whole_numbers(grade):
    low = profile(peer_review_grade_24m=grade, crop_kinds=1, bills_on_time_share_12m=0.6)
    for improvement in nearest_changes(low, BASIS).improvements:
        for change in improvement.changes:
            if member_dictionary()[change.attribute].unit in COUNTED_UNITS:
                assert change.value == int(change.value)
