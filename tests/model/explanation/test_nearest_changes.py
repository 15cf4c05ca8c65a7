"""The nearest changes: what is promised is what the kernel decides, and no part is superfluous."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.card.bins import Bins, Term
from model.card.scorecard import Card
from model.decision.visits import Visit, confirmed
from model.decision.whitelist import TIERS, assess
from model.explanation.nearest_changes import (
    MAX_PROPOSALS,
    Basis,
    nearest_changes,
    with_changes,
)
from model.explanation.own_power import Surroundings, deeds, own_attributes
from model.policy.policy import policy_on
from model.profile.dictionary import member_dictionary
from tests.support.cards.policy_cases import CASES_CARD, POLICY_CASES
from tests.support.explaining.members import SIDED_CARD, one, random_members

CASES = POLICY_CASES
DAY: date = CASES["as_of"]
CARD = CASES_CARD
BASIS = Basis(DAY, policy_on(DAY), CARD, member_dictionary())
SIDED = Basis(DAY, BASIS.policy, SIDED_CARD, BASIS.dictionary)
RANDOM = random_members(12, 300)
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
def test_no_deed_of_a_proposal_can_be_dropped(member, basis):
    columns = profile(**member)
    outlook = nearest_changes(columns, basis)
    for improvement in outlook.improvements:
        for dropped in improvement.deeds if len(improvement.deeds) > 1 else ():
            rest = [c for deed in improvement.deeds if deed is not dropped for c in deed.changes]
            assert rank(tier_of(with_changes(columns, rest), basis)) < rank(outlook.target)


def visited(columns, yuan):
    """The member after a visit that confirms a business of so many yuan a year."""
    visit = Visit("V1", DAY, DAY, DAY, {"business": yuan}, {})
    known = {name: values[0] for name, values in columns.items()}
    changes = confirmed(known, [visit], DAY).values
    return {
        **columns,
        **{n: np.array([v], object if isinstance(v, str) else float) for n, v in changes.items()},
    }


def landless(columns):
    """The member without land to harvest, or any other income on record."""
    none = {name: np.zeros(1) for name in columns if name.startswith(("area_", "harvest_"))}
    return {**columns, **none}


def test_who_lacks_evidence_alone_reaches_the_tier_by_a_visit():
    found = {True: [], False: []}
    for row in range(300):
        columns = landless(one(RANDOM, row))
        outlook = nearest_changes(columns, BASIS)
        if outlook.target and not outlook.improvements and not outlook.blocked_by:
            reached = rank(tier_of(visited(columns, 900_000))) >= rank(outlook.target)
            found[outlook.lacks_evidence].append(reached)
    assert len(found[True]) > 5
    assert all(found[True])
    assert len(found[False]) > 5
    assert not any(found[False])


def test_only_what_the_member_can_act_on_is_proposed():
    for member in ({"bills_on_time_share_12m": 0.2, "operating_years": 1.0}, {"crop_kinds": 1.0}):
        improvements = nearest_changes(profile(**member), BASIS).improvements
        deeds = [deed for improvement in improvements for deed in improvement.deeds]
        assert all(member_dictionary()[each.changes[0].attribute].actionable for each in deeds)


def test_a_lever_exists_for_every_actionable_number_with_its_time_and_none_asks_for_a_deposit():
    known = member_dictionary()
    moved_along = {"late_bills_6m", "debt_weight_12m"}
    actionable = {each.name for each in known if each.actionable and each.type == "number"}
    assert actionable == {*own_attributes(), *moved_along}
    assert all(known[name].within_months for name in actionable)
    assert not any(known[name].deposit for name in actionable)
    assert not any(name.startswith(("qr_", "parcels_", "insured")) for name in actionable)


def deeds_on(**member):
    columns = profile(**member)
    numbers = {n: float(v[0]) for n, v in columns.items() if n not in TEXT_COLUMNS}
    around = Surroundings(numbers, CARD.bins, BASIS.policy.rules, BASIS.dictionary)
    return {deed.changes[0].attribute: deed for deed in deeds(around)}


def after(deed):
    return {change.attribute: change.value for change in deed.changes}


def test_a_deed_moves_every_value_that_it_touches():
    found = deeds_on(
        bills_on_time_share_12m=0.6, late_bills_6m=3.0, court_unresolved=1.0,
        adverse_resolved_60m=1.0, adverse_resolved_24m=0.0,
    )  # fmt: skip
    assert after(found["bills_on_time_share_12m"]) == {
        "bills_on_time_share_12m": 1.0, "late_bills_6m": 0.0,
    }  # fmt: skip
    assert after(found["court_unresolved"]) == {
        "court_unresolved": 0.0,
        "adverse_resolved_60m": 2.0,
        "adverse_resolved_24m": 1.0,
    }


def test_an_early_repayment_moves_the_weight_of_debt_with_the_same_receipts():
    bins = {"balance_outstanding": Bins("balance_outstanding", (10_000.0,), (), 0.0, 1e7)}
    values = {"balance_outstanding": 30_000.0, "debt_weight_12m": 0.6}
    (deed,) = deeds(Surroundings(values, bins, (), BASIS.dictionary))
    assert after(deed)["balance_outstanding"] == 9_900.0
    assert after(deed)["debt_weight_12m"] == pytest.approx(9_900 / (9_900 + 20_000))
    assert "9,900 元" in deed.text.zh


def test_one_deed_is_preferred_to_two():
    def named(**member):
        improvements = nearest_changes(profile(**member), BASIS).improvements
        return [[d.changes[0].attribute for d in each.deeds] for each in improvements]

    assert named(bills_on_time_share_12m=0.2) == [["bills_on_time_share_12m"]]
    both = {"bills_on_time_share_12m": 0.2, "bureau_queries_6m": 5.0}
    assert named(**both) == [["bills_on_time_share_12m", "bureau_queries_6m"]]


def test_the_sooner_proposal_comes_first_and_there_are_few():
    for row in range(300):
        months = [each.months for each in nearest_changes(one(RANDOM, row), SIDED).improvements]
        assert months == sorted(months)
        assert len(months) <= MAX_PROPOSALS


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


def test_the_first_tier_has_nothing_above():
    assert nearest_changes(profile(), BASIS).target is None


def test_without_consent_nothing_is_searched_because_nothing_is_scored():
    outlook = nearest_changes(profile(consent_in_force=0, bills_on_time_share_12m=0.2), BASIS)
    assert (outlook.target, outlook.improvements) == (None, ())
