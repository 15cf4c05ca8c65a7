"""Recalibration: the target rate is reached, ranks stay, the provenance records it."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logit

from model.card.card_json import card_from_json, card_to_json
from model.errors import TrainingError
from training.card.recalibrate import LongRun, recalibrate
from training.measures.calibration import jeffreys_interval

DAY = date(2026, 3, 1)


def to(rate, source="average of the vintages 2018 to 2024"):
    return LongRun(rate, source, DAY, "validation rows")


def test_the_mean_pd_over_the_portfolio_is_the_long_run_rate(member_card):
    totals = np.random.default_rng(1).integers(460, 760, 5000)
    for rate in (0.01, 0.08, 0.3):
        card = recalibrate(member_card, "a" * 64, totals, to(rate))
        assert card.pd(totals).mean() == pytest.approx(rate, abs=2e-6)


@given(rate=st.floats(0.005, 0.5), seed=st.integers(0, 99))
def test_points_and_ranks_stay_whatever_the_rate(member_card, rate, seed):
    totals = np.random.default_rng(seed).integers(460, 760, 200)
    card = recalibrate(member_card, "a" * 64, totals, to(rate))
    assert (card.terms, card.base, card.bins) == (
        member_card.terms, member_card.base, member_card.bins,
    )  # fmt: skip
    order = np.sort(totals)
    assert (np.diff(card.pd(order)) <= 0).all()
    # The card still passes every check of a card that is read.
    assert card_from_json(card_to_json(card)).provenance["recalibrated_to"] == f"{rate:.6f}"


def test_log_odds_move_by_one_shift_alone(member_card):
    totals = np.arange(480, 700, 10)
    card = recalibrate(member_card, "a" * 64, totals, to(0.1))
    moved = logit(card.pd(totals)) - logit(member_card.pd(totals))
    assert np.ptp(moved) < 1e-3
    assert float(card.provenance["recalibration_shift"]) == pytest.approx(moved.mean(), abs=1e-3)


def test_the_card_says_from_what_to_what_when_and_why(member_card):
    found = recalibrate(member_card, "f" * 64, np.arange(500, 700), to(0.05)).provenance
    assert found["recalibrated_from"] == "f" * 64
    assert found["recalibrated_on"] == "2026-03-01"
    assert found["recalibration_source"] == "average of the vintages 2018 to 2024"


@pytest.mark.parametrize(
    ("rate", "source", "message"),
    [(0.0, "x", "between 0 and 1"), (0.1, " ", "has a source"), (0.999, "x", "too far from")],
)
def test_a_rate_without_sense_or_source_is_refused(member_card, rate, source, message):
    with pytest.raises(TrainingError, match=message):
        recalibrate(member_card, "a" * 64, np.arange(600, 700), to(rate, source))


def test_jeffreys_intervals_are_those_of_the_literature():
    """Brown, Cai & DasGupta (2001), table 5: Jeffreys, n = 10 and 20."""
    assert jeffreys_interval(0, 10) == (0.0, pytest.approx(0.217, abs=5e-4))
    assert jeffreys_interval(1, 10) == pytest.approx((0.011, 0.381), abs=5e-4)
    assert jeffreys_interval(5, 10) == pytest.approx((0.224, 0.776), abs=5e-4)
    assert jeffreys_interval(10, 10)[1] == 1.0
