"""Every curve from points to PD is monotone; on calibrated points all agree."""

import numpy as np
import pytest

from model.card.card_json import card_from_json, card_to_json
from model.card.scorecard import Scaling
from model.errors import TrainingError
from training.card.calibrate import FITTERS, with_curve
from training.card.long_run import Unseen
from training.settings import CURVES, Settings

SCALING = Scaling()
AT = np.arange(380.0, 720.0)


def drawn(slope, rows=20_000):
    """Points with outcomes whose log odds are `slope` times those of the scale."""
    rng = np.random.default_rng(4)
    points = np.rint(rng.normal(550, 45, rows)).astype(np.int64)
    odds = slope * (points - SCALING.offset) / SCALING.factor
    return points, rng.random(rows) < 1 / (1 + np.exp(odds))


def unseen(slope, rows):
    """The same as rows of four years."""
    points, bad = drawn(slope, rows)
    return Unseen(points, bad, np.arange(rows) % 48)


def truth(slope):
    return 1 / (1 + np.exp(slope * (AT - SCALING.offset) / SCALING.factor))


@pytest.mark.parametrize("name", FITTERS)
def test_a_curve_never_rises_with_points_and_stays_a_probability(name):
    points, bad = drawn(0.8, rows=600)
    pd = FITTERS[name](points, bad, SCALING)(AT)
    assert (np.diff(pd) <= 1e-12).all()
    assert ((pd >= 0) & (pd <= 1)).all()


@pytest.mark.parametrize("name", FITTERS)
def test_calibrated_points_keep_their_pd(name):
    points, bad = drawn(1.0)
    usual = (AT > 470) & (AT < 630)
    pd = FITTERS[name](points, bad, SCALING)(AT)
    assert np.abs(pd - truth(1.0))[usual].max() < 0.04


@pytest.mark.parametrize("name", ["beta", "isotonic", "centred_isotonic"])
def test_overconfident_points_are_corrected_towards_the_true_pd(name):
    points, bad = drawn(0.6)
    usual = (AT > 470) & (AT < 630)
    wrong = np.abs(FITTERS["line"](points, bad, SCALING)(AT) - truth(0.6))[usual].mean()
    assert np.abs(FITTERS[name](points, bad, SCALING)(AT) - truth(0.6))[usual].mean() < wrong / 3


@pytest.mark.parametrize("name", CURVES)
def test_a_card_with_a_curve_keeps_its_points_and_survives_its_file(name, member_card):
    card = with_curve(member_card, unseen(0.7, rows=2000), Settings(calibration=name))
    read = card_from_json(card_to_json(card))
    assert read.base == member_card.base
    assert [t.points.tolist() for t in read.terms] == [t.points.tolist() for t in member_card.terms]
    assert (np.diff(read.pd(np.arange(400, 800))) <= 0).all()


def test_a_curve_other_than_the_line_is_refused_with_reject_inference(member_card):
    settings = Settings(calibration="beta", reject_inference="ipw")
    with pytest.raises(TrainingError, match="use line"):
        with_curve(member_card, unseen(1.0, rows=200), settings)


def test_six_hundred_points_are_fifty_to_one_by_the_line():
    points, bad = drawn(1.0, rows=200)
    assert FITTERS["line"](points, bad, SCALING)(np.array([600.0]))[0] == pytest.approx(1 / 51)
