"""Repayment capacity before income was weighed by evidence: worked out by hand, and its laws."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.decision.capacity import finances, loan_terms
from model.policy.policy import policy_on

DAY = date(2023, 10, 1)
#: The last policy that counts labourers and a net sum per mu; decisions made under it replay.
POLICY = policy_on(date(2023, 9, 30))
CROPS = tuple(POLICY.crops)
INCOMES = (
    *(f"area_{crop}_mu" for crop in CROPS),
    "net_sales_12m",
    "qr_receipts_12m",
    "subsidy_12m",
    "labourers",
)


def household(occupation="grower", **known):
    numbers = {**dict.fromkeys((*INCOMES, "debt_service_12m"), 0.0), **known}
    columns = {name: np.array([value], dtype=np.float64) for name, value in numbers.items()}
    return {**columns, "occupation": np.array([occupation], dtype=object)}


def found(columns, day=DAY, months=None):
    requested = None if months is None else np.array([months])
    answer = loan_terms(finances(columns, day, POLICY), POLICY, requested)
    return int(answer.months[0]), answer.repayment[0], float(answer.capacity_yuan[0])


GRAIN = household(area_wheat_mu=10, area_maize_mu=10, subsidy_12m=1250)


def test_wheat_and_maize_in_october_are_repaid_when_the_wheat_is_sold_in_july():
    # Ten months bring 12,000 of grain and 1,041.66 of subsidy: 40 % is 5,216, less 10 % interest.
    assert found(GRAIN) == (10, "harvest_bullet", 4741)


def test_wheat_and_maize_in_february_are_repaid_when_the_maize_is_sold_in_november():
    assert found(GRAIN, date(2023, 2, 1)) == (10, "harvest_bullet", 4741)


def test_in_june_no_harvest_is_six_months_away_so_the_loan_runs_for_the_year():
    # All 12,000 and 1,250: 40 % is 5,300, less 12 % interest.
    assert found(GRAIN, date(2023, 6, 1)) == (12, "harvest_bullet", 4732)


def test_a_short_winter_loan_is_repaid_in_instalments_out_of_the_subsidy_alone():
    # 312.5 in three months: 40 % is 125, and interest on two months' average balance.
    assert found(GRAIN, date(2023, 12, 1), months=3) == (3, "equal_instalments", 122)


def test_a_melon_greenhouse_repays_when_the_last_melons_are_sold_in_june():
    # 3 mu at 9,000; sales of 60,000 earn 12,000, which are the melons themselves.
    melons = household(area_melon_mu=3, net_sales_12m=60000)
    assert found(melons) == (9, "harvest_bullet", 9908)
    assert found(melons, months=8) == (8, "harvest_bullet", 9000)
    assert found(melons, months=7) == (7, "harvest_bullet", 6056)


def test_a_livestock_household_pays_interest_first_and_never_instalments():
    # 22 % of 180,000, 1,000 of subsidy and 8 mu of maize.
    herd = household("livestock", net_sales_12m=150000, qr_receipts_12m=30000, subsidy_12m=1000,
                     area_maize_mu=8)  # fmt: skip
    assert found(herd) == (12, "interest_first", 16328)
    assert found({**herd, "area_maize_mu": np.zeros(1)})[1] == "interest_first"


def test_a_trader_pays_instalments_out_of_twelve_percent_of_turnover():
    shop = household("trader", net_sales_12m=20000, qr_receipts_12m=380000)
    assert found(shop) == (12, "equal_instalments", 18028)
    assert found({**shop, "debt_service_12m": np.array([3000.0])})[2] == 15211


def test_a_trader_with_a_garden_still_pays_instalments_and_with_a_field_after_the_year():
    shop = household("trader", net_sales_12m=20000, qr_receipts_12m=380000, area_vegetable_mu=0.2)
    assert found(shop) == (12, "equal_instalments", 18028)
    assert found({**shop, "area_vegetable_mu": np.array([2.0])}) == (12, "interest_first", 20857)


def test_an_unknown_occupation_is_counted_at_the_lowest_margin_and_never_beside_the_fields():
    who = household(None, area_wheat_mu=10, net_sales_12m=56000)
    assert found(who) == found(household(area_wheat_mu=10))


@pytest.mark.parametrize(
    ("crop", "month", "term"),
    [
        ("wheat", 10, 10), ("maize", 10, 12), ("maize", 2, 10), ("melon", 10, 9), ("pear", 3, 8),
        ("pear", 10, 12), ("cherry", 10, 9), ("cherry", 2, 12), ("jujube", 2, 10),
        ("vegetable", 10, 12), ("other", 11, 12), ("other", 4, 7), ("other", 10, 12),
    ],
)  # fmt: skip
def test_each_crop_is_repaid_in_the_month_after_it_is_sold(crop, month, term):
    assert found(household(**{f"area_{crop}_mu": 20}), date(2023, month, 1))[0] == term


@given(st.sampled_from(CROPS), st.integers(1, 12))
@settings(deadline=None)
def test_a_harvest_term_ends_after_a_market_month_at_least_six_months_away_or_is_the_year(
    crop, month
):
    term, kind, _ = found(household(**{f"area_{crop}_mu": 20}), date(2023, month, 1))
    last = (month + term - 2) % 12
    assert kind == "harvest_bullet"
    assert term == 12 or (7 <= term < 12 and POLICY.crops[crop].market_percent[last] > 0)


def test_capacity_is_unknown_only_where_no_income_is_on_record():
    nothing = household(**dict.fromkeys(INCOMES, np.nan))
    assert np.isnan(found(nothing)[2])
    assert found({**nothing, "net_sales_12m": np.zeros(1)})[2] == 0
    assert np.isnan(found({**nothing, "subsidy_12m": np.array([9e4])})[2])


def test_a_term_beyond_the_products_bounds_is_brought_within():
    assert found(GRAIN, months=1)[0] == 3
    assert found(GRAIN, months=10**9)[0] == 24


def test_two_years_bring_every_harvest_twice_and_owe_debt_service_twice():
    # 24,000 of grain and 2,500 of subsidy: 40 % is 10,600, less 2 × 1,000, less 24 % interest.
    assert found({**GRAIN, "debt_service_12m": np.array([1000.0])}, months=24)[2] == 6935


yuan = st.floats(0, 300_000)
mu = st.floats(0, 60)
anything = st.one_of(st.floats(allow_nan=True, allow_infinity=True), yuan)
occupations = st.sampled_from([*POLICY.trade_margin_percent, None, "unheard of"])
days = st.dates(date(2020, 1, 20), date(2027, 12, 31))
terms_asked = st.integers(3, 24)
households = st.builds(
    household,
    occupations,
    **{name: mu if name.startswith("area") else yuan for name in INCOMES},
    debt_service_12m=yuan,
)


@given(households, st.sampled_from(INCOMES), st.floats(0, 200_000), days, terms_asked)
@settings(deadline=None)
def test_at_a_given_term_more_income_never_lowers_capacity(columns, name, more, day, months):
    richer = {**columns, name: columns[name] + more}
    assert found(richer, day, months)[2] >= found(columns, day, months)[2]


@given(households, st.floats(0, 200_000), days, st.one_of(st.none(), terms_asked))
@settings(deadline=None)
def test_more_debt_never_raises_capacity(columns, more, day, months):
    deeper = {**columns, "debt_service_12m": columns["debt_service_12m"] + more}
    assert found(deeper, day, months)[2] <= found(columns, day, months)[2]


@given(
    st.fixed_dictionaries(dict.fromkeys((*INCOMES, "debt_service_12m"), anything)),
    occupations, days, st.one_of(st.none(), st.integers(-(10**6), 10**6)),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_no_figure_however_absurd_breaks_capacity(numbers, occupation, day, months):
    term, kind, capacity = found(household(occupation, **numbers), day, months)
    assert 3 <= term <= 24
    assert kind in {"harvest_bullet", "interest_first", "equal_instalments"}
    assert np.isnan(capacity) or 0 <= capacity < 1e12


def test_the_largest_figures_the_archive_can_hold_stay_exact():
    sales, area = 4 * 12 * 100_000_000, 5000
    vast = household("trader", net_sales_12m=sales, qr_receipts_12m=12 * 100_000_000,
                     **{f"area_{crop}_mu": area for crop in CROPS})  # fmt: skip
    fields = area * sum(crop.net_yuan_per_mu for crop in POLICY.crops.values())
    income = 2 * (fields + 6_000_000_000 * 12 // 100)
    assert found(vast, months=24)[2] == income * 4 // 10 * 100 // 124


def test_infinite_income_counts_as_none_and_infinite_debt_as_more_than_any_income():
    assert found(household(area_melon_mu=np.inf))[2] == 0
    assert found(household(area_melon_mu=50, debt_service_12m=np.inf))[2] == 0


def test_refunds_beyond_sales_do_not_take_from_other_income():
    assert found(household(area_melon_mu=3, net_sales_12m=-5e5)) == found(
        household(area_melon_mu=3)
    )


@given(st.lists(households, min_size=1, max_size=6), days, st.booleans())
@settings(deadline=None)
def test_one_row_and_many_agree(rows, day, ask):
    many = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
    months = np.arange(3, 3 + len(rows)) if ask else None
    batch = loan_terms(finances(many, day, POLICY), POLICY, months)
    for i, row in enumerate(rows):
        alone = found(row, day, int(months[i]) if ask else None)
        assert alone == (batch.months[i], batch.repayment[i], batch.capacity_yuan[i])


def test_labourers_on_file_bring_a_modest_wage_that_comes_in_evenly():
    # Two labourers at 12,000 a year: 40 % of 24,000 is 9,600, in instalments less 6.5 % interest.
    months, repayment, capacity = found(household("services", labourers=2))
    assert (months, repayment, capacity) == (12, "equal_instalments", 9014.0)
    assert found(household("services", labourers=3))[2] > capacity
