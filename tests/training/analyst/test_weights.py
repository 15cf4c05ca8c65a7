"""A row of weight w teaches what w equal rows teach: in bins, shapes, regression, calibration.

Folds are drawn by rows, and minimum counts of a leaf, a bin and a spelling are counts of rows, so a
doubled table is cut into other folds. Equal figures are therefore equal within a tolerance where
folds are involved, and exact where they are not.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model.profile.dictionary import Attribute, Text
from training import CardClassifier, judge
from training.analyst.classifier import UnfitRowsError
from training.binning.binning import Binned, bin_attribute
from training.card.calibrate import FITTERS, calibrate
from training.families.woe import fit_logistic
from training.gates.evidence import read_evidence
from training.measures.evaluate import evaluate
from training.settings import SCALING, Settings

ROWS = 3_000


def loans() -> tuple[pd.DataFrame, pd.Series, np.ndarray]:
    """Invented loans with whole weights from 1 to 3 that have nothing to do with risk."""
    rng = np.random.default_rng(21)
    frame = pd.DataFrame(
        {"income": rng.normal(size=ROWS).round(2), "late": rng.poisson(1.0, ROWS),
         "crop": rng.choice(["wheat", "maize", "melon"], ROWS)}
    )  # fmt: skip
    log_odds = -1.4 - frame.income + 0.6 * frame.late + 0.7 * (frame.crop == "melon")
    bad = pd.Series(rng.random(ROWS) < 1 / (1 + np.exp(-log_odds)), name="bad").astype(int)
    return frame, bad, rng.integers(1, 4, ROWS).astype(float)


X, Y, WEIGHT = loans()
REPEATED = np.repeat(np.arange(ROWS), WEIGHT.astype(int))


def attribute(name: str, kind: str) -> Attribute:
    words = Text(name, name)
    return Attribute(name, words, "information", kind, "scored", words, words)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "kind"), [("income", "number"), ("crop", "text")])
def test_evidence_in_the_same_bins_is_that_of_repeated_rows(name: str, kind: str) -> None:
    values, bad = X[name].to_numpy(dtype=object if kind == "text" else float), Y.to_numpy() == 1
    settings = Settings(least_bin_share=0.2)
    weighted = bin_attribute(attribute(name, kind), values, bad, settings, WEIGHT)
    repeated = bin_attribute(attribute(name, kind), values[REPEATED], bad[REPEATED], settings)
    assert isinstance(weighted, Binned)
    assert isinstance(repeated, Binned)
    assert weighted.bins == repeated.bins
    np.testing.assert_allclose(weighted.woe, repeated.woe, atol=1e-12)
    assert weighted.iv == pytest.approx(repeated.iv)


def test_the_regression_is_that_of_repeated_rows() -> None:
    woe = {"income": -X.income.to_numpy(), "late": X.late.to_numpy(dtype=float)}
    bad = Y.to_numpy() == 1
    weighted = fit_logistic(woe, bad, 1.0, WEIGHT)
    repeated = fit_logistic({n: v[REPEATED] for n, v in woe.items()}, bad[REPEATED], 1.0)
    plain = fit_logistic(woe, bad, 1.0)
    assert weighted is not None
    assert repeated is not None
    assert plain is not None
    np.testing.assert_allclose(weighted.coefficients, repeated.coefficients, atol=1e-7)
    assert np.abs(weighted.coefficients - plain.coefficients).max() > 1e-4


def test_calibration_and_every_curve_are_those_of_repeated_rows(member_card: object) -> None:
    log_odds, bad = 1.2 + X.income.to_numpy(), Y.to_numpy() == 1
    weighted = calibrate(log_odds, bad, WEIGHT)
    repeated = calibrate(log_odds[REPEATED], bad[REPEATED])
    assert weighted.slope == pytest.approx(repeated.slope, abs=1e-7)
    points, at = np.rint(500 + 20 * log_odds).astype(np.int64), np.arange(450.0, 560.0)
    for name, fit in FITTERS.items():
        own = fit(points, bad, SCALING, WEIGHT)(at)
        other = fit(points[REPEATED], bad[REPEATED], SCALING)(at)
        np.testing.assert_allclose(own, other, atol=1e-6, err_msg=name)


def test_measures_are_those_of_repeated_rows() -> None:
    classifier = CardClassifier(family="woe", resamples=20).fit(X, Y)
    card, points, bad = classifier.card_.card, classifier.score_points(X), Y.to_numpy() == 1
    weighted = evaluate(card, points, bad, 50, 1, WEIGHT)
    repeated = evaluate(card, points[REPEATED], bad[REPEATED], 50, 1)
    assert weighted.measures == repeated.measures


@pytest.mark.parametrize("family", ["woe", "boosted_single", "boosted"])
def test_a_card_of_weighted_rows_scores_as_one_of_repeated_rows(family: str) -> None:
    """Mean difference of log odds within 0.1, a fifth of what doubling one class moves."""
    small = {"family": family, "resamples": 20, "folds": 3, "bad": 1}
    heavy = 1.0 + (Y.to_numpy() == 1)
    twice = np.repeat(np.arange(ROWS), heavy.astype(int))
    weighted = CardClassifier(**small).fit(X, Y, heavy)
    repeated = CardClassifier(**small).fit(X.iloc[twice], Y.iloc[twice])
    plain = CardClassifier(**small).fit(X, Y)
    odds = {n: c.decision_function(X) for n, c in
            {"weighted": weighted, "repeated": repeated, "plain": plain}.items()}  # fmt: skip
    assert np.mean(odds["weighted"] - odds["plain"]) == pytest.approx(np.log(2), abs=0.15)
    assert np.mean(odds["weighted"] - odds["repeated"]) == pytest.approx(0, abs=0.1)
    assert np.corrcoef(odds["weighted"], odds["repeated"])[0, 1] > 0.98


def test_equal_weights_of_one_are_none_and_rows_of_weight_zero_are_absent() -> None:
    woe = CardClassifier(family="woe", resamples=20)
    plain = woe.fit(X, Y).card_.digest
    assert woe.fit(X, Y, np.ones(ROWS)).card_.digest == plain
    added = pd.concat([X, X.head(50)]), pd.concat([Y, 1 - Y.head(50)])
    weight = np.concatenate([WEIGHT, np.zeros(50)])
    assert woe.fit(*added, weight).card_.digest == woe.fit(X, Y, WEIGHT).card_.digest
    assert woe.card_.digest != plain


def test_weights_are_checked() -> None:
    woe = CardClassifier(family="woe", resamples=20)
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        woe.fit(X, Y, -WEIGHT)
    with pytest.raises(ValueError, match=r"shape|length|samples"):
        woe.fit(X, Y, WEIGHT[:-1])
    with pytest.raises((UnfitRowsError, ValueError), match=r"class|zero"):
        woe.fit(X, Y, np.where(Y == 1, 0.0, 1.0))


def test_the_gates_judge_the_weighted_bad_rate(tmp_path: Path) -> None:
    """Of a sample with a tenth of the goods, each of weight ten, the PDs are those of the whole."""
    kept = (Y.to_numpy() == 1) | (np.random.default_rng(3).random(ROWS) < 0.3)
    weight = np.where(Y[kept] == 1, 1.0, 1 / 0.3)
    classifier = CardClassifier(family="woe", resamples=20, bad=1).fit(X[kept], Y[kept], weight)
    folder = classifier.card_.write(tmp_path / "card", "Wang Min", tmp_path)
    rows = read_evidence(folder).rows
    assert rows.weight is not None
    assert rows.bad_rate == pytest.approx(Y.mean(), abs=0.03)
    verdicts = judge(folder)
    assert verdicts.loc["MORE_BADS_THAN_EXPECTED", "status"] == "pass"
    assert verdicts.loc["MORE_BADS_THAN_EXPECTED", "value"] == pytest.approx(1, abs=0.2)
