"""What one score gains on another: intervals over borrowers, not over rows."""

import numpy as np
import pytest

from training.measures.paired import auc_gain, brier_gain, log_loss_gain, mean_over_borrowers
from training.samples.sample import Sample

BORROWERS, LOANS = 200, 6


def sample(borrower):
    rng = np.random.default_rng(4)
    bad = rng.random(len(borrower)) < 0.3
    return Sample({}, bad, borrower, borrower * 0)


def test_rows_of_one_borrower_do_not_count_as_independent():
    """Six equal rows a borrower tell what one does: the interval stays that of the borrowers."""
    values = np.random.default_rng(1).normal(size=BORROWERS)
    borrower = np.arange(BORROWERS)
    one = mean_over_borrowers(values, sample(borrower), 3)
    six = mean_over_borrowers(np.repeat(values, LOANS), sample(np.repeat(borrower, LOANS)), 3)
    assert six.value == pytest.approx(one.value)
    assert six.high - six.low == pytest.approx(one.high - one.low, rel=1e-6)
    error = values.std() / np.sqrt(BORROWERS)
    assert one.high - one.low == pytest.approx(2 * 1.96 * error, rel=0.15)


def test_a_score_gains_nothing_on_itself():
    rows = sample(np.arange(500))
    odds = np.random.default_rng(2).normal(size=500)
    for gain in (auc_gain, log_loss_gain, brier_gain):
        found = gain(odds, odds, rows, 54)
        assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_the_better_score_has_the_lower_loss():
    rows = sample(np.arange(2_000))
    noise = np.random.default_rng(3).normal(size=2_000)
    knows = np.where(rows.bad, -1.0, 1.0) + noise
    assert auc_gain(knows, noise, rows, 54).low > 0
    assert log_loss_gain(knows, noise, rows, 54).high < 0
    assert brier_gain(knows, noise, rows, 54).high < 0
