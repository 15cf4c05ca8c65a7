"""The parts of monitoring on cases with a known answer."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.card.card_file import CardFile
from model.errors import ContractError
from training.measures.baseline import Baseline, points_baseline
from training.measures.stability import bin_shares
from training.monitoring.alerts import MONITORING_LIMITS
from training.monitoring.outcomes import by_group, exact_ratios, shrunk_ratios
from training.monitoring.shift import applicant_shift, most_moved


def columns_of_members(card, rows, shift=0.0, seed=3):
    """Values all over the card's bins; `shift` of the balances become missing."""
    rng = np.random.default_rng(seed)
    columns = {
        name: rng.uniform(0, 1.3 * max(bins.edges), rows) for name, bins in card.bins.items()
    }
    columns["bills_on_time_share_12m"] = rng.uniform(0, 1, rows)
    columns["average_balance_12m"][: int(shift * rows)] = np.nan
    return columns


def baseline_of(card, columns):
    totals = card.total(card.points_by_attribute(card.codes(columns)))
    shares = {name: np.array(share) for name, share in bin_shares(card, columns).items()}
    return Baseline(CardFile(card, "0" * 64, None, None), shares, points_baseline(totals), 5_000)


def test_the_shift_is_zero_if_nobody_moved(member_card):
    columns = columns_of_members(member_card, 5_000)
    shift = applicant_shift(baseline_of(member_card, columns), columns)
    assert shift.psi == pytest.approx(0, abs=1e-9)
    assert all(each.csi == pytest.approx(0, abs=1e-9) for each in shift.attributes)


def test_a_column_that_stops_arriving_comes_first_with_its_missing_bin(member_card):
    baseline = baseline_of(member_card, columns_of_members(member_card, 5_000))
    shift = applicant_shift(baseline, columns_of_members(member_card, 5_000, shift=0.4))
    first = shift.attributes[0]
    assert first.attribute == "average_balance_12m"
    assert first.csi > 0.25
    assert first.missing_rise == pytest.approx(0.4, abs=0.01)
    assert most_moved(baseline, first)[0].en == "missing"
    others = [each.csi for each in shift.attributes[1:]]
    assert max(others) < 0.01


def test_an_exact_interval_is_garwoods():
    """Ulm (1990), Am. J. Epidemiol. 131: 10 cases observed, limits 4.795 and 18.390."""
    found = exact_ratios(np.array([10.0, 0.0]), np.array([1.0, 1.0]))
    assert found.low == pytest.approx([4.795, 0.0], abs=5e-4)
    assert found.high == pytest.approx([18.390, 3.689], abs=5e-4)


def test_small_places_are_shrunk_more_than_large_ones():
    bads, expected = np.array([3.0, 300.0, 100.0]), np.array([1.0, 100.0, 100.0])
    found = shrunk_ratios(bads, expected)
    assert found.value[0] < 3 - 0.3
    assert found.value[1] == pytest.approx(3, rel=0.05)
    assert found.high[0] - found.low[0] > 4 * (found.high[1] - found.low[1])


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(0.05, 30)), min_size=2, max_size=40))
def test_a_shrunk_ratio_lies_between_the_places_own_and_that_of_all(counts):
    bads, expected = (np.array(values, dtype=float) for values in zip(*counts, strict=True))
    overall = (bads.sum() + 0.5) / (expected.sum() + 0.5)
    found = shrunk_ratios(bads, expected)
    raw = bads / expected
    assert (found.value >= np.minimum(raw, overall) - 1e-9).all()
    assert (found.value <= np.maximum(raw, overall) + 1e-9).all()
    assert (found.low <= found.value).all()
    assert (found.value <= found.high).all()


def test_a_shrunk_ratio_lies_in_its_interval_even_if_the_places_differ_extremely():
    found = shrunk_ratios(np.array([0.0, 3.0]), np.array([30.0, 0.05]))
    assert (found.low <= found.value).all()
    assert (found.value <= found.high).all()


def test_a_place_without_a_code_keeps_its_loans():
    group = np.array(["371522", None, "371522"], dtype=object)
    rows = by_group(group, np.array([True, False, False]), np.full(3, 0.1), shrunk_ratios)
    assert {row.name: row.loans for row in rows} == {"371522": 2, "?": 1}


def test_every_limit_has_a_value_a_unit_and_a_source():
    limits = MONITORING_LIMITS.on(date(2023, 10, 1))
    assert set(limits.in_force) == set(MONITORING_LIMITS.numbers)
    for entry in limits.in_force.values():
        assert entry["unit"]
        assert entry["source"]
    assert limits["points_psi_watch"] < limits["points_psi_act"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("points_psi_watch: {unit: PSI, source: s, values: {2020-01-01: 0.1}}", "missing"),
        ("x: {unit: PSI, values: {2020-01-01: 0.1}}", "limits.yaml"),
        ("x: [", "not YAML"),
    ],
)
def test_limits_that_are_incomplete_are_refused_by_name(text, why):
    with pytest.raises(ContractError, match=why):
        MONITORING_LIMITS.read(text, date(2023, 1, 1))
