"""Rates by group as fairlearn and the hand count them; small groups shrunk; proxies found."""

import numpy as np
import pytest
from fairlearn.metrics import false_positive_rate, selection_rate, true_positive_rate

from model.card.bins import Bins, Term
from model.card.scorecard import Card, Grade, Scaling
from model.profile.dictionary import Dictionary, Text
from training.fairness.findings import average_cut_off
from training.fairness.measure import OTHERS, fairness_report, shrunk_draws
from training.samples.groups import MISSING, member_groups
from training.samples.sample import Sample

NOBODY = Dictionary({}, "")
CUT_OFF = (600, Text("测试", "test"))


def card_over(*names):
    """Points 550 or 600 by the first attribute's sign; the others are seen and earn nothing."""
    bins = {name: Bins(name, (0.0,)) for name in names}
    earned = [np.array([0, 50, 0, 0])] + [np.zeros(4, dtype=np.int64)] * (len(names) - 1)
    terms = tuple(Term((n,), p.astype(np.int64), 0) for n, p in zip(names, earned, strict=True))
    points = np.array([550, 600], dtype=np.int64)
    return Card(
        "hand", 550, bins, terms, {}, points, np.array([0.2, 0.05]), (Grade("A", 1.0),), Scaling(),
        {},
    )  # fmt: skip


def sample_of(rows, groups):
    """Rows of (group, value, bad), each given with its number."""
    counted = [row for *row, number in rows for _ in range(number)]
    group, value, bad = zip(*counted, strict=True)
    n = np.arange(len(counted))
    words = {name: np.array(group, dtype=object) for name in groups}
    return Sample({"x": np.array(value, dtype=float)}, np.array(bad), n, n * 0, words)


#: Women: 60 of 80 goods and 5 of 20 bads approved; men: 150 of 160 and 20 of 40.
ROWS = [
    ("f", 1, False, 60), ("f", -1, False, 20), ("f", 1, True, 5), ("f", -1, True, 15),
    ("m", 1, False, 150), ("m", -1, False, 10), ("m", 1, True, 20), ("m", -1, True, 20),
]  # fmt: skip


@pytest.fixture(scope="module")
def by_gender():
    sample = sample_of(ROWS, ["gender"])
    found = fairness_report(card_over("x"), sample, "held_out", CUT_OFF, NOBODY, 1)
    return sample, found.attributes[0]


def test_the_rates_are_those_counted_by_hand(by_gender):
    men, women = by_gender[1].groups
    raw = {name: round(rate.raw, 4) for name, rate in women.rates.items()}
    assert (women.group, women.rows, women.bads) == ("f", 100, 20)
    assert raw == {
        "approval": 0.65, "true_positive": 0.75, "false_positive": 0.25, "bad_rate": 0.2,
    }  # fmt: skip
    assert men.rates["true_positive"].raw == pytest.approx(150 / 160)
    # 65 rows of PD 0.05 and 35 of 0.2.
    assert women.expected_bad_rate == pytest.approx(0.65 * 0.05 + 0.35 * 0.2)


def test_the_rates_are_those_of_fairlearn(by_gender):
    sample, found = by_gender
    for row in found.groups:
        mine = sample.groups["gender"] == row.group
        good, approved = ~sample.bad[mine], sample.columns["x"][mine] > 0
        assert row.rates["approval"].raw == selection_rate(good, approved)
        assert row.rates["true_positive"].raw == true_positive_rate(good, approved)
        assert row.rates["false_positive"].raw == false_positive_rate(good, approved)


def test_the_widest_gaps_name_the_group_and_hold_the_counted_gap(by_gender):
    gaps = {gap.measure: gap for gap in by_gender[1].gaps}
    assert gaps["approval_ratio"].group == "f"
    assert gaps["approval_ratio"].low < 0.65 / 0.85 < gaps["approval_ratio"].high
    assert gaps["true_positive_gap"].low < 0.75 - 210 / 240 < gaps["true_positive_gap"].high < 0


def test_a_group_of_fewer_than_fifty_rows_is_merged_and_never_the_widest_gap():
    lonely = [("x", -1, False, 20), ("y", -1, False, 1), ("z", -1, True, 20)]
    sample = sample_of([*ROWS, *lonely], ["gender"])
    (found,) = fairness_report(card_over("x"), sample, "s", CUT_OFF, NOBODY, 1).attributes
    assert [(row.group, row.rows) for row in found.groups] == [
        ("m", 200), ("f", 100), (OTHERS, 41),
    ]  # fmt: skip
    assert {gap.group for gap in found.gaps} <= {"m", "f"}


def test_a_single_group_of_enough_rows_has_no_gap():
    sample = sample_of([*ROWS[:4], ("m", 1, True, 49)], ["gender"])
    (found,) = fairness_report(card_over("x"), sample, "s", CUT_OFF, NOBODY, 1).attributes
    assert found.gaps == ()


def test_a_small_group_is_shrunk_further_than_a_large_one():
    drawn = shrunk_draws(np.array([50.0, 500.0, 0.0, 5.0]), np.array([100.0, 1000.0, 5.0, 10.0]), 1)
    means = drawn.mean(axis=0)
    assert 0.3 < means[2] < 0.5
    assert abs(means[1] - 0.5) < 0.01
    widths = np.ptp(np.quantile(drawn, [0.025, 0.975], axis=0), axis=0)
    assert widths[2] > widths[0] > widths[1]


def test_large_groups_that_differ_keep_their_own_rates():
    drawn = shrunk_draws(np.array([4000.0, 8000.0]), np.array([10000.0, 10000.0]), 1)
    assert drawn.mean(axis=0) == pytest.approx([0.4, 0.8], abs=0.01)


def test_an_empty_group_is_drawn_around_the_pooled_share():
    drawn = shrunk_draws(np.array([30.0, 32.0, 0.0]), np.array([100.0, 100.0, 0.0]), 1)
    assert drawn[:, 2].mean() == pytest.approx(0.31, abs=0.05)


def test_an_attribute_that_identifies_the_group_is_reported_as_its_proxy():
    rng = np.random.default_rng(2)
    woman = rng.random(900) < 0.5
    columns = {
        "x": rng.normal(size=900),
        "maternity": np.where(woman ^ (rng.random(900) < 0.05), 1.0, -1.0),
    }
    n = np.arange(900)
    groups = {"gender": np.where(woman, "f", "m").astype(object)}
    sample = Sample(columns, rng.random(900) < 0.2, n, n * 0, groups)
    report = fairness_report(card_over("x", "maternity"), sample, "s", CUT_OFF, NOBODY, 1)
    (proxy,) = report.proxies
    assert proxy.auc > 0.9
    assert proxy.explained > 0.5
    assert proxy.strongest[0][0] == "maternity"
    assert dict(proxy.strongest)["x"] < 0.6


def test_without_protected_groups_there_is_no_report():
    plain = sample_of(ROWS, [])
    assert fairness_report(card_over("x"), plain, "s", CUT_OFF, NOBODY, 1) is None


def test_ages_are_grouped_in_bands_and_missing_ages_are_a_group():
    columns = {
        "gender": np.array(["female", None], dtype=object), "age_years": np.array([29.0, np.nan]),
        "county_code": np.array(["999901", "999901"], dtype=object),
        "occupation": np.array(["grower", "trader"], dtype=object),
    }  # fmt: skip
    found = member_groups(columns)
    assert found["age_years"].tolist() == ["<30", MISSING]
    assert found["gender"].tolist() == ["female", MISSING]


def test_without_a_policy_better_odds_than_average_are_approved():
    assert average_cut_off(card_over("x"), 0.1)[0] == 600
    assert average_cut_off(card_over("x"), 0.25)[0] == 550
