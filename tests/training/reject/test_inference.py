"""Methods of reject inference on cases with a known answer."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest

from model.errors import TrainingError
from training.binning.optimal import optimal_splits
from training.reject.methods import fuzzy_augment, parcel, reweight, selection_model
from training.reject.unobserved import Unobserved
from training.samples.sample import Sample
from training.settings import Settings
from training.train import train_table

SETTINGS = Settings(most_weight_quantile=1.0)


def observed(bad):
    rows = np.arange(len(bad))
    return Sample({"income": rows.astype(float)}, np.array(bad, dtype=bool), rows, rows * 0)


def unobserved(rows, stands_for=1.0):
    return Unobserved({"income": np.arange(rows) + 0.5}, np.zeros(rows, np.int64), stands_for, "")


def test_fuzzy_adds_exactly_the_expected_bads_and_every_person_once():
    known, unseen = observed([True, False, False]), unobserved(2, stands_for=3.0)
    found = fuzzy_augment(known, unseen, np.array([0.25, 0.5]), SETTINGS)
    assert found.weights[found.bad].sum() == pytest.approx(1 + 3 * (0.25 + 0.5))
    assert found.weights.sum() == pytest.approx(3 + 3 * 2)
    assert found.columns["income"].tolist() == [0, 1, 2, 0.5, 1.5, 0.5, 1.5]


def test_fuzzy_copies_of_a_person_are_one_borrower():
    found = fuzzy_augment(observed([True, False]), unobserved(2), np.array([0.2, 0.4]), SETTINGS)
    assert found.borrower.tolist() == [0, 1, 2, 3, 2, 3]


def test_prudence_raises_the_inferred_risk():
    prudent = replace(SETTINGS, reject_prudence=1.5)
    found = fuzzy_augment(observed([True, False]), unobserved(1), np.array([0.2]), prudent)
    assert found.weights[2:].tolist() == pytest.approx([0.3, 0.7])


def test_parcelling_draws_outcomes_at_the_rate_of_the_band():
    known, rows = observed([True, False]), 4000
    pd = np.repeat([0.0, 1.0, 0.3, 0.3], rows // 4)
    found = parcel(known, unobserved(rows), pd, SETTINGS)
    drawn = found.bad[2:].reshape(4, -1).mean(axis=1)
    assert drawn[0] == 0
    assert drawn[1] == 1
    assert drawn[2:].mean() == pytest.approx(0.3, abs=0.04)
    assert set(found.weights) == {1.0}


def test_weights_by_selection_restore_the_populations_bad_rate():
    # Of 200 safe people 100 are booked (10 bad), of 200 risky ones 20 (10 bad): in all 120 of 400.
    bad = np.concatenate([np.arange(100) < 10, np.arange(20) < 10])
    booked = np.repeat([0.5, 0.1], [100, 20])
    found = reweight(observed(bad), booked, SETTINGS)
    assert found.bad_rate == pytest.approx(120 / 400)
    assert found.weights.mean() == pytest.approx(1.0)


def test_one_unlikely_loan_does_not_represent_hundreds():
    booked = np.concatenate([np.full(999, 0.5), [0.0001]])
    found = reweight(observed(np.arange(1000) < 50), booked, Settings())
    assert found.weights.max() == pytest.approx(1.0)


def test_the_selection_auc_shows_whether_booking_followed_the_attributes():
    rng = np.random.default_rng(1)
    rows = np.arange(600)
    drawn = Sample({"x": rng.normal(size=600)}, rows < 30, rows, rows * 0)
    blind = Unobserved({"x": rng.normal(size=900)}, np.zeros(900, np.int64), 1.0, "")
    picked = Unobserved({"x": rng.normal(size=900) - 3}, np.zeros(900, np.int64), 1.0, "")
    settings = replace(SETTINGS, folds=2)
    assert abs(selection_model(drawn, blind, settings).auc - 0.5) < 0.05
    assert selection_model(drawn, picked, settings).auc > 0.95


def test_a_row_of_weight_three_bins_as_three_rows():
    rng = np.random.default_rng(2)
    x, weight = rng.normal(size=1500), rng.integers(1, 4, 1500)
    bad = rng.random(1500) < 1 / (1 + np.exp(2 + x))
    by_weight = optimal_splits(x, bad, "down", SETTINGS, 0.05, weight.astype(float))
    repeated = optimal_splits(np.repeat(x, weight), np.repeat(bad, weight), "down", SETTINGS, 0.05)
    assert by_weight.tolist() == repeated.tolist()


@pytest.fixture(scope="module")
def selected(tmp_path_factory):
    """Applicants of whom only the better half by income was booked; the others' target is blank."""
    rng = np.random.default_rng(3)
    income, thrift = rng.normal(size=(2, 1600)).round(3)
    bad = rng.random(1600) < 1 / (1 + np.exp(1 + income + thrift))
    target = np.where(income > 0, bad.astype(int).astype(str), "")
    path = tmp_path_factory.mktemp("selected") / "applicants.csv"
    pa_csv.write_csv(pa.table({"income": income, "thrift": thrift, "bad": target.tolist()}), path)
    return path


@pytest.mark.parametrize("method", ["parcelling", "fuzzy", "ipw"])
def test_the_rows_of_a_table_without_a_target_are_its_unobserved_rows(selected, method):
    settings = Settings(family="woe", reject_inference=method, resamples=20, folds=2)
    run = train_table(selected, "bad", settings)
    report = run.learned.reject_inference
    assert (report.method, report.observed) == (method, len(run.samples.development))
    assert report.unobserved == 1600 - len(run.samples.development) - len(run.samples.validation)
    assert report.selection_auc > 0.95
    if method != "ipw":
        # Below the incomes ever booked the truth is worse than what was seen.
        assert report.inferred_bad_rate > report.observed_bad_rate
    assert run.performance.evaluations["held_out"].rows == len(run.samples.validation)


def test_without_unobserved_rows_a_method_is_refused(tmp_path):
    rng = np.random.default_rng(5)
    x = rng.normal(size=800)
    bad = (rng.random(800) < 1 / (1 + np.exp(1 + x))).astype(int)
    pa_csv.write_csv(pa.table({"x": x, "bad": bad}), tmp_path / "t.csv")
    with pytest.raises(TrainingError, match="append the declined with a blank target"):
        train_table(tmp_path / "t.csv", "bad", Settings(family="woe", reject_inference="fuzzy"))
