"""The array kernel: one row equals a million, order does not matter, arrears never help."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.decision.eligibility import ELIGIBILITY_INPUTS
from model.decision.whitelist import BEST_RANK, DERIVED, HOUSEHOLD_BORROWER, assess
from model.policy.policy import policy_on
from model.profile.dictionary import member_dictionary
from tests.support.cards.policy_cases import CASES_CARD

CARD = CASES_CARD
TEXT_COLUMNS = {
    "occupation": st.sampled_from(["grower", "livestock", "trader", "services", "?", None]),
    "household_id": st.sampled_from(["H1", "H2", "NA", None]),
    **{
        f"documented_{kind}_evidence": st.sampled_from(["account", "tax", "officer_visit", None])
        for kind in ("wages", "business", "rent", "pension", "other")
    },
}  # fmt: skip
NAMES = {
    *CARD.attributes,
    *(rule.attribute for rule in policy_on(date(2023, 10, 1)).rules),
    *(f"area_{crop}_mu" for crop in policy_on(date(2023, 10, 1)).crops),
    *(each.name for each in member_dictionary() if each.role == "rule" and each.type == "number"),
    "net_sales_12m", "qr_receipts_12m", "balance_outstanding", "bureau_balance", "age_years",
    *TEXT_COLUMNS,
    *ELIGIBILITY_INPUTS,
} - (set(DERIVED) - {HOUSEHOLD_BORROWER})  # fmt: skip


def plausible(name):
    attribute = member_dictionary().attributes.get(name)
    if attribute is None or attribute.type == "flag":
        return st.sampled_from([0.0, 1.0])
    most = min(attribute.maximum, 200_000.0)
    # Edges of bins and bounds of rules are whole or quarters more often than chance would have it.
    return st.integers(int(attribute.minimum) * 4, int(most) * 4).map(lambda q: q / 4)


NUMBERS = sorted(NAMES - set(TEXT_COLUMNS))
anything = {name: st.one_of(plausible(name), st.floats()) for name in NUMBERS}
likely = {name: st.one_of(plausible(name), st.just(np.nan)) for name in NUMBERS}
sound = {
    "consent_in_force": st.just(1.0), "age_years": st.integers(18, 70).map(float),
    "age_months": st.integers(216, 800).map(float), "hukou_local": st.sampled_from([np.nan, 1.0]),
    "household_defaults_24m": st.just(0.0), "household_adverse": st.just(0.0),
    "heads_cooperative": st.sampled_from([0.0, 0.0, 1.0]), "default_ended_on": st.just(np.nan),
    "resident_years": st.sampled_from([np.nan, 1.0, 30.0]), "court_unresolved": st.just(0.0),
    "blacklist_unresolved": st.just(np.nan), "overdue_elsewhere_unresolved": st.just(0.0),
    "days_past_due_now": st.just(0.0), "household_borrower": st.sampled_from([1.0, np.nan]),
    "months_of_history": st.sampled_from([3.0, 40.0]), "bureau_queries_6m": st.just(0.0),
    "net_sales_12m": st.floats(0, 2e6), "area_melon_mu": st.floats(2, 30),
    "harvest_melon_mu": st.floats(2, 30), "household_heads": st.sampled_from([np.nan, 1.0, 4.0]),
    "household_balance_outstanding": st.just(0.0), "debt_service_12m": st.floats(0, 20_000),
    "worst_days_past_due_24m": st.sampled_from([0.0, 0.0, 29.0, 30.0]),
    "balance_outstanding": st.sampled_from([0.0, 0.0, 19_999.5, 40_000.0]),
    "operating_years": st.sampled_from([1.0, 12.0, 25.0]),
    "bills_on_time_share_12m": st.sampled_from([0.7, 1.0]),
    "peer_review_grade_24m": st.sampled_from([np.nan, 4.0]),
}  # fmt: skip
profiles = st.one_of(
    st.fixed_dictionaries({**anything, **TEXT_COLUMNS}),
    st.fixed_dictionaries({**likely, **sound, **TEXT_COLUMNS}),
)
days = st.dates(date(2020, 1, 20), date(2027, 12, 31))
FIELDS = ("scored", "points", "pd", "grade", "rank", "tier", "offered", "limit_yuan")
law = settings(deadline=None, max_examples=60)


def columns_of(rows):
    return {
        name: np.array(
            [row[name] for row in rows], dtype=object if name in TEXT_COLUMNS else np.float64
        )
        for name in rows[0]
    }


def everything(found, row):
    """Return all that an assessment says of a row, NaN made comparable."""
    values = [getattr(found, field)[row] for field in FIELDS]
    values += [found.terms.months[row], found.terms.repayment[row], found.terms.capacity_yuan[row]]
    values += [found.offer.limit_yuan[row], found.offer.annual_rate[row], found.offer.bound_by[row]]
    values += [found.knock_outs.codes_of(row), found.knock_outs.codes_by_row()[row]]
    values += [*found.reasons[row].tolist(), *found.lost[row].tolist()]
    return ["NaN" if isinstance(value, float) and np.isnan(value) else value for value in values]


@law
@given(
    st.lists(profiles, min_size=1, max_size=7),
    days,
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_one_row_is_as_many_and_the_order_of_rows_is_irrelevant(rows, day, ask, random):
    policy = policy_on(day)
    months = np.array([random.randrange(0, 40) for _ in rows]) if ask else None
    batch = assess(columns_of(rows), day, policy, CARD, months)
    order = random.sample(range(len(rows)), len(rows))
    requested = None if months is None else months[order]
    shuffled = assess(columns_of([rows[i] for i in order]), day, policy, CARD, requested)
    for position, i in enumerate(order):
        one = None if months is None else months[i : i + 1]
        alone = assess(columns_of([rows[i]]), day, policy, CARD, one)
        assert everything(alone, 0) == everything(batch, i) == everything(shuffled, position)


@law
@given(st.lists(profiles, min_size=1, max_size=5), days, st.integers(0, 60))
def test_the_requested_term_changes_limit_and_repayment_and_nothing_else(rows, day, months):
    policy, columns = policy_on(day), columns_of(rows)
    suited = assess(columns, day, policy, CARD)
    requested = assess(columns, day, policy, CARD, np.full(len(rows), months))
    unchanged = ("scored", "points", "grade", "rank", "reasons", "lost")
    for field in unchanged:
        assert getattr(suited, field).tolist() == getattr(requested, field).tolist(), field
    assert suited.knock_outs.codes_by_row() == requested.knock_outs.codes_by_row()
    again = assess(columns, day, policy, CARD, suited.terms.months)
    assert again.offer.limit_yuan.tolist() == suited.offer.limit_yuan.tolist()
    assert again.terms.repayment.tolist() == suited.terms.repayment.tolist()


@law
@given(profiles, days)
def test_a_member_who_must_not_be_scored_has_no_trace_of_a_score(row, day):
    rest = {name: value for name, value in row.items() if name != "consent_in_force"}
    found = [
        assess(columns_of([{**rest, "consent_in_force": consent}]), day, policy_on(day), CARD)
        for consent in (0.0, np.nan)
    ]
    for each in found:
        assert (each.tier[0], each.points[0], each.grade[0]) == ("NONE", 0, None)
        assert np.isnan(each.pd[0])
        assert each.reasons[0].tolist() == [None] * 4
        assert each.lost[0].tolist() == [0] * 4
        assert (each.scored[0], each.limit_yuan[0]) == (False, 0)
        assert each.knock_outs.codes_of(0)[0] == "NO_CONSENT"


@law
@given(profiles, days)
def test_a_tier_is_the_points_tier_held_back_by_the_worst_knock_out(row, day):
    policy = policy_on(day)
    found = assess(columns_of([row]), day, policy, CARD)
    effects = {policy.rule(code) for code in found.knock_outs.codes_of(0)}
    worst = int(found.knock_outs.severity[0])
    by_points = 1 + sum(int(found.points[0]) >= cut_off for cut_off in policy.tiers.values())
    if found.scored[0]:
        assert found.rank[0] == min(by_points, BEST_RANK[worst])
    assert (worst > 0) == bool(effects)


#: Attributes whose rise only speaks against a loan.
ARREARS = (
    "worst_days_past_due_24m", "days_past_due_now", "court_unresolved", "blacklist_unresolved",
    "overdue_elsewhere_unresolved", "bureau_queries_6m", "household_balance_outstanding",
    "balance_outstanding", "debt_service_12m", "bureau_monthly_payment", "bureau_balance",
    "bureau_guarantees",
    "rent_12m", "household_heads",
    "household_defaults_24m", "household_adverse", "adverse_resolved_60m", "adverse_resolved_24m",
)  # fmt: skip


@law
@given(st.fixed_dictionaries({**likely, **sound, **TEXT_COLUMNS}), st.sampled_from(ARREARS), days,
       st.floats(0, 1e5), st.one_of(st.none(), st.integers(3, 24)))  # fmt: skip
def test_more_arrears_or_debt_never_raise_tier_points_or_limit(row, name, day, more, months):
    policy, known = policy_on(day), row[name] if np.isfinite(row[name]) else 0.0
    most = member_dictionary()[name].maximum
    better = {**row, name: min(known, most)}
    worse = {**row, name: min(known + more, most)}
    requested = None if months is None else np.array([months, months])
    found = assess(columns_of([better, worse]), day, policy, CARD, requested)
    for field in ("rank", "points", "limit_yuan"):
        before, after = getattr(found, field)
        assert after <= before, field
    assert found.pd[1] >= found.pd[0]
    assert found.offer.annual_rate[1] >= found.offer.annual_rate[0]


evidence_days = st.dates(date(2023, 10, 1), date(2027, 12, 31))


@law
@given(st.fixed_dictionaries({**likely, **sound, **TEXT_COLUMNS}), evidence_days,
       st.floats(0, 1e6), st.one_of(st.none(), st.integers(3, 24)))  # fmt: skip
def test_in_good_standing_the_service_of_a_running_loan_changes_no_tier(row, day, service, months):
    policy, requested = policy_on(day), None if months is None else np.array([months, months])
    running = [{**row, "debt_service_12m": 0.0}, {**row, "debt_service_12m": service}]
    found = assess(columns_of(running), day, policy, CARD, requested)
    assert found.rank[0] == found.rank[1]
    assert found.limit_yuan[1] <= found.limit_yuan[0]


@law
@given(st.fixed_dictionaries({**likely, **sound, **TEXT_COLUMNS}), evidence_days,
       st.one_of(st.none(), st.integers(3, 24)))  # fmt: skip
def test_what_is_out_and_what_is_offered_stay_within_the_caps(row, day, months):
    policy, requested = policy_on(day), None if months is None else np.array([months])
    found = assess(columns_of([row]), day, policy, CARD, requested)
    if found.limit_yuan[0]:
        caps = {terms.grade: terms.cap_yuan for terms in policy.grades}
        out = np.nan_to_num(row["balance_outstanding"]) + found.limit_yuan[0]
        assert out <= min(policy["product_cap_yuan"], caps[found.grade[0]])


@law
@given(st.fixed_dictionaries({**likely, **sound, **TEXT_COLUMNS}), evidence_days,
       st.integers(13, 24))  # fmt: skip
def test_a_longer_term_than_a_year_never_has_a_larger_limit(row, day, months):
    limits = assess(columns_of([row] * 2), day, policy_on(day), CARD, np.array([12, months]))
    assert limits.limit_yuan[1] <= limits.limit_yuan[0]


def test_an_empty_archive_is_assessed_without_error():
    empty = {
        name: np.array([], dtype=object if name in TEXT_COLUMNS else np.float64) for name in NAMES
    }
    found = assess(empty, date(2023, 10, 1), policy_on(date(2023, 10, 1)), CARD)
    assert (len(found.tier), found.reasons.shape, found.knock_outs.codes_by_row()) == (
        0,
        (0, 4),
        [],
    )


@pytest.mark.parametrize("name", ["age_years", "area_pear_mu", "operating_years"])
def test_a_profile_without_a_required_attribute_raises_an_error(name):
    one = {
        n: np.array([None], dtype=object) if n in TEXT_COLUMNS else np.zeros(1)
        for n in NAMES - {name}
    }
    with pytest.raises(KeyError, match=name):
        assess(one, date(2023, 10, 1), policy_on(date(2023, 10, 1)), CARD)
