"""Capacity from evidence, against households worked out by hand, and its laws."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.decision.capacity import finances, for_the_loan_that_follows, loan_terms
from model.decision.costs import INTEREST_ELSEWHERE, yearly_costs
from model.decision.income_lines import income_lines
from model.policy.policy import policy_on

DAY = date(2023, 10, 1)
POLICY = policy_on(DAY)
CROPS = tuple(POLICY.crops)
HARVESTS = tuple(f"harvest_{crop}_mu" for crop in CROPS)
YIELDS = tuple(f"yield_{crop}_kg" for crop in CROPS if crop != "other")
KINDS = ("wages", "business", "rent", "pension", "other")
DOCUMENTED = tuple(f"documented_{kind}_yuan" for kind in KINDS)
INCOMES = (
    *HARVESTS, *YIELDS, *DOCUMENTED, "net_sales_12m", "qr_receipts_12m", "subsidy_12m",
    "wages_credited_12m", "remittances_12m",
)  # fmt: skip
COSTS = (
    "household_heads", "rent_12m", "leased_mu_without_rent", "debt_service_12m",
    "bureau_monthly_payment", "bureau_balance", "bureau_guarantees",
)  # fmt: skip
#: Read, but counted for nothing.
IGNORED = ("declared_income_yuan", "labourers", *(f"area_{crop}_mu" for crop in CROPS))
UNKNOWN = {"bureau_balance": np.nan}
NORMAL = {f"yield_{name}_kg": float(POLICY.crops[name].normal_kg_per_mu) for name in CROPS}


def household(occupation="grower", evidence="account", **known):
    numbers = {**dict.fromkeys((*INCOMES, *COSTS, *IGNORED), 0.0), **NORMAL, **UNKNOWN, **known}
    columns = {name: np.array([value], dtype=np.float64) for name, value in numbers.items()}
    papers = {f"documented_{kind}_evidence": evidence for kind in KINDS}
    texts = {"occupation": occupation, **papers}
    return {**columns, **{name: np.array([text], dtype=object) for name, text in texts.items()}}


def found(columns, day=DAY, months=None):
    requested = None if months is None else np.array([months])
    answer = loan_terms(finances(columns, day, POLICY), POLICY, requested)
    return int(answer.months[0]), answer.repayment[0], float(answer.capacity_yuan[0])


def capacity(columns, day=DAY, months=None):
    return found(columns, day, months)[2]


def counted(columns):
    """Return the lines that count, in yuan a year by source."""
    lines = income_lines(columns, POLICY)
    return {each.source: int(each.counted[0]) / 10_000 for each in lines if each.counted[0]}


GRAIN = household(harvest_wheat_mu=10, harvest_maize_mu=10, subsidy_12m=1250, household_heads=1)


def test_a_harvest_counts_under_stress_on_yield_and_price_less_its_inputs():
    # Wheat 10 × (1,300 × .80 × .85 - 430); maize 10 × (1,320 × .68 - 390).
    assert counted(GRAIN) == {"wheat": 4540, "maize": 5076, "subsidy": 1250}


def test_a_harvest_is_repaid_when_the_money_comes_in():
    # Living costs of one, 1,763, leave 9,103 of the year's 10,866; 80 % of it is 67.02 % of each
    # yuan. By the end of July come wheat, the maize of October and November, ten twelfths of the
    # subsidy: 10,657.
    assert found(GRAIN) == (10, "harvest_bullet", 10_657 * 6702 // 10_000 * 100 // 110)


def test_living_costs_grow_with_the_household_and_leave_less():
    # Four heads cost 7,050 of 10,866: debts may take 28.09 %.
    four = capacity({**GRAIN, "household_heads": np.array([4.0])})
    assert four == 10_657 * 2809 // 10_000 * 100 // 110
    assert capacity({**GRAIN, "household_heads": np.array([20.0])}) == 0


def test_an_unknown_household_size_costs_as_much_as_a_large_household():
    unknown = {**GRAIN, "household_heads": np.array([np.nan])}
    assert capacity(unknown) == capacity({**GRAIN, "household_heads": np.array([4.0])})


def test_a_widow_with_six_mu_and_no_labourers_has_capacity_for_a_loan():
    widow = household(harvest_wheat_mu=6, harvest_maize_mu=6, subsidy_12m=750, household_heads=1)
    assert capacity(widow) >= POLICY["minimum_loan_yuan"]
    assert capacity({**widow, "labourers": np.array([3.0])}) == capacity(widow)


def test_two_hundred_mu_with_an_ended_lease_earn_nothing():
    ended = household(area_wheat_mu=200, area_maize_mu=200, household_heads=1)
    assert counted(ended) == {}
    assert capacity(ended) == 0


def test_a_fifth_of_the_normal_yield_counts_a_fifth_of_the_harvest():
    poor = {**GRAIN, "yield_wheat_kg": np.array([95.0]), "yield_maize_kg": np.array([104.0])}
    # A fifth of a harvest does not pay for its inputs.
    assert counted(poor) == {"subsidy": 1250}
    assert capacity(poor) < capacity(GRAIN)


def test_more_than_the_normal_yield_counts_as_normal_and_an_unknown_one_as_less():
    rich = {**GRAIN, "yield_wheat_kg": np.array([900.0])}
    unknown = {**GRAIN, "yield_wheat_kg": np.array([np.nan])}
    assert counted(rich) == counted(GRAIN)
    # 10 × 1,300 × .9 × .68 - 4,300.
    assert counted(unknown)["wheat"] == 3656


def test_wages_on_the_account_and_their_contract_count_once():
    credited = household(wages_credited_12m=30_000, remittances_12m=5_000)
    assert counted(credited) == {"wages_credited": 27_000, "remittances": 4_500}
    both = household(evidence="contract", wages_credited_12m=30_000, remittances_12m=5_000,
                     documented_wages_yuan=40_000)  # fmt: skip
    assert counted(both) == counted(credited)
    more = {**both, "documented_wages_yuan": np.array([50_000.0])}
    assert counted(more) == {"documented_wages": 37_500}


def test_a_trade_counts_by_its_turnover_or_its_tax_paper_and_never_by_both():
    shop = household("trader", evidence="tax", qr_receipts_12m=400_000)
    assert counted(shop) == {"turnover": 40_000}  # 12 % margin less 15 % on price, whole percent
    assert counted({**shop, "documented_business_yuan": np.array([40_000.0])}) == counted(shop)
    paper = {**shop, "documented_business_yuan": np.array([60_000.0])}
    assert counted(paper) == {"documented_business": 51_000}


@pytest.mark.parametrize(
    ("evidence", "yuan"),
    [("account", 9000), ("tax", 8500), ("contract", 7500), ("officer_visit", 7000), (None, 0)],
)
def test_the_weaker_the_evidence_the_less_counts(evidence, yuan):
    counts = counted(household(evidence=evidence, documented_pension_yuan=10_000))
    assert counts == ({"documented_pension": yuan} if yuan else {})


def test_what_is_only_declared_has_a_line_and_counts_nothing():
    declared = household(declared_income_yuan=90_000, labourers=3)
    line = next(e for e in income_lines(declared, POLICY) if e.source == "declared")
    assert (line.yearly[0], line.counted[0]) == (900_000_000, 0)
    assert capacity(declared) == 0


def test_rent_debts_elsewhere_and_guarantees_are_costs():
    earner = household("services", wages_credited_12m=40_000, household_heads=1)
    # 36,000 less 1,763 of living: debts may take 76.08 %, in instalments less 6.5 % interest.
    assert found(earner) == (12, "equal_instalments", 27_388 * 200 // 213)
    elsewhere = {**earner, "bureau_monthly_payment": np.array([500.0])}
    assert capacity(elsewhere) == 21_388 * 200 // 213
    guarantor = {**earner, "bureau_guarantees": np.array([60_000.0])}
    assert capacity(guarantor) == capacity(elsewhere)
    # A rent of 7,200 more leaves 60.08 %; a rent that is not on record is the usual 720 a mu.
    tenant = {**earner, "rent_12m": np.array([7200.0])}
    assert capacity(tenant) == 21_628 * 200 // 213
    assert capacity({**earner, "leased_mu_without_rent": np.array([10.0])}) == capacity(tenant)


def test_a_debt_elsewhere_takes_no_more_than_its_balance_and_interest():
    earner = household("services", wages_credited_12m=40_000, household_heads=1,
                       bureau_monthly_payment=500)  # fmt: skip
    ends_soon = {**earner, "bureau_balance": np.array([2000.0])}
    # 2,000 and 24 % instead of 6,000.
    assert capacity(ends_soon) == (27_388 - 2_480) * 200 // 213
    runs_on = {**earner, "bureau_balance": np.array([50_000.0])}
    assert capacity(runs_on) == capacity(earner)


def test_before_a_balance_was_read_a_debt_elsewhere_ran_for_the_year():
    numbers = {name: n for name, n in POLICY.numbers.items() if name != INTEREST_ELSEWHERE}
    columns = household(bureau_monthly_payment=500, bureau_balance=2000)
    assert yearly_costs(columns, replace(POLICY, numbers=numbers)).elsewhere.tolist() == [6000]


@pytest.mark.parametrize("occupation", ["grower", "livestock", "trader", "services"])
def test_a_longer_term_never_raises_the_limit(occupation):
    rich = household(occupation, harvest_melon_mu=3, qr_receipts_12m=300_000,
                     wages_credited_12m=20_000, household_heads=3)  # fmt: skip
    year = capacity(rich, months=12)
    assert all(capacity(rich, months=months) <= year for months in range(13, 25))


def test_the_loan_that_follows_is_judged_without_the_loan_that_this_season_repays():
    running = {**GRAIN, "debt_service_12m": np.array([12_000.0])}
    now = finances(running, DAY, POLICY)
    follows = for_the_loan_that_follows(now, np.array([False]))
    assert loan_terms(now, POLICY).capacity_yuan[0] == 0
    assert loan_terms(follows, POLICY).capacity_yuan[0] == capacity(GRAIN)
    in_arrears = for_the_loan_that_follows(now, np.array([True]))
    assert loan_terms(in_arrears, POLICY).capacity_yuan[0] == 0


def test_debts_to_others_stay_for_the_loan_that_follows():
    indebted = {**GRAIN, "bureau_monthly_payment": np.array([1000.0])}
    follows = for_the_loan_that_follows(finances(indebted, DAY, POLICY), np.array([False]))
    assert loan_terms(follows, POLICY).capacity_yuan[0] == 0


yuan = st.floats(0, 300_000)
mu = st.floats(0, 60)
anything = st.one_of(st.floats(allow_nan=True, allow_infinity=True), yuan)
occupations = st.sampled_from([*POLICY.trade_margin_percent, None, "unheard of"])
papers = st.sampled_from([*POLICY.evidence_percent, None])
days = st.dates(DAY, date(2027, 12, 31))
terms_asked = st.integers(3, 24)
households = st.builds(
    household,
    occupations,
    papers,
    **{
        name: mu if name.startswith("harvest") else st.one_of(st.just(np.nan), yuan)
        for name in (*INCOMES, *COSTS)
    },
)


@given(
    households, st.sampled_from(INCOMES), st.floats(0, 200_000), days, terms_asked
)  # fmt: skip
@settings(deadline=None)
def test_at_a_given_term_more_income_never_lowers_capacity(columns, name, more, day, months):
    richer = {**columns, name: np.nan_to_num(columns[name]) + more}
    known = {**columns, name: np.nan_to_num(columns[name])}
    assert capacity(richer, day, months) >= capacity(known, day, months)


@given(households, st.sampled_from(COSTS), st.floats(0, 200_000), days, terms_asked)
@settings(deadline=None)
def test_at_a_given_term_more_costs_never_raise_capacity(columns, name, more, day, months):
    dearer = {**columns, name: np.nan_to_num(columns[name]) + more}
    known = {**columns, name: np.nan_to_num(columns[name])}
    assert capacity(dearer, day, months) <= capacity(known, day, months)


@given(households, st.sampled_from(IGNORED), st.floats(0, 200_000), days, terms_asked)
@settings(deadline=None)
def test_labourers_declarations_and_land_without_a_harvest_change_nothing(
    columns, name, more, day, months
):
    assert found({**columns, name: columns[name] + more}, day, months) == found(
        columns, day, months
    )


@given(
    st.fixed_dictionaries(dict.fromkeys((*INCOMES, *COSTS, *IGNORED), anything)),
    occupations, papers, days, st.one_of(st.none(), st.integers(-(10**6), 10**6)),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_no_figure_however_absurd_breaks_capacity(numbers, occupation, evidence, day, months):
    term, kind, most = found(household(occupation, evidence, **numbers), day, months)
    assert 3 <= term <= 24
    assert kind in {"harvest_bullet", "interest_first", "equal_instalments"}
    assert np.isnan(most) or 0 <= most < 1e12


def test_the_largest_figures_the_archive_can_hold_stay_within_64_bits():
    largest = dict.fromkeys((*DOCUMENTED, "subsidy_12m", "remittances_12m"), 1e10)
    vast = household("trader", net_sales_12m=1e10, qr_receipts_12m=1e10, wages_credited_12m=1e10,
                     **{**largest, **dict.fromkeys(HARVESTS, 100_000)})  # fmt: skip
    fields = 100_000 * sum(
        c.gross_yuan_per_mu * 68 // 100 - c.inputs_yuan_per_mu for c in POLICY.crops.values()
    )
    shares = 10**10 * (100 + 90 * 2 + 90 * 2)  # subsidy, wages and remittances, rent and pension
    income = fields + shares // 100 + 10**10 * 90 // 100
    steady = income - fields
    in_one_sum, in_instalments = income * 0.8 / 1.12, steady * 0.8 / 1.065
    assert capacity(vast, months=12) == pytest.approx(max(in_one_sum, in_instalments), rel=1e-3)


@given(st.lists(households, min_size=1, max_size=6), days, st.booleans())
@settings(deadline=None)
def test_one_row_and_many_agree(rows, day, ask):
    many = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
    months = np.arange(3, 3 + len(rows)) if ask else None
    batch = loan_terms(finances(many, day, POLICY), POLICY, months)
    for i, row in enumerate(rows):
        alone = found(row, day, int(months[i]) if ask else None)
        assert alone == (batch.months[i], batch.repayment[i], batch.capacity_yuan[i])
