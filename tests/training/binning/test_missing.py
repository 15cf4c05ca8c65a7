"""A missing record is worth at most the typical known one, in every table of a trained card."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest

from model.card.bins import Bins
from model.profile.dictionary import Attribute, Dictionary, Text
from tests.support.recording.trained_cards import write_loan_table
from training.additive import Additive, Shape
from training.binning.missing import additive_without_gain, fit_without_gain
from training.families.boosted.family import BoostedLearner
from training.families.cross_fit import Learner, loss_of
from training.families.woe import WoeLearner
from training.samples.sample import Sample
from training.settings import Family, Settings
from training.train import train_table

BINS = {"debts": Bins("debts", edges=(1.0, 2.0)), "crop": Bins("crop", levels=(("a",), ("b",)))}


def _sample() -> Sample:
    debts = np.array([0.5, 1.5, 1.5, 1.5, 2.5, np.nan])
    crop = np.array(["a", "a", "b", "b", "b", None], dtype=object)
    bad = np.array([False, True, False, False, False, False])
    rows = np.arange(6)
    return Sample({"debts": debts, "crop": crop}, bad, rows, np.zeros_like(rows))


def test_a_missing_value_falls_to_the_typical_one_and_the_mean_stays() -> None:
    table = np.array([9.0, 2.0, -3.0, 7.0, 1.0])
    before = Additive(0.5, BINS, (Shape(("debts",), table),))
    after = additive_without_gain(before, _sample())
    assert after.shapes[0].log_odds.tolist() == [9.0, 2.0, -3.0, 2.0, -3.0]
    columns = _sample().columns
    assert after.log_odds(columns).mean() == pytest.approx(before.log_odds(columns).mean())


def test_a_missing_value_that_is_worth_less_already_stays() -> None:
    table = np.array([9.0, 2.0, -3.0, -1.0, -4.0])
    before = Additive(0.5, BINS, (Shape(("debts",), table),))
    assert additive_without_gain(before, _sample()).shapes[0].log_odds.tolist() == table.tolist()


def test_in_a_pair_each_missing_slice_falls_cell_by_cell() -> None:
    table = np.arange(20, dtype=np.float64).reshape(5, 4)
    before = Additive(0.0, BINS, (Shape(("debts", "crop"), table),))
    held = additive_without_gain(before, _sample()).shapes[0].log_odds
    assert (held[3] <= held[1]).all()
    assert (held[:, 2] <= held[:, 1]).all()


@pytest.fixture(scope="module")
def tempting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table in which most loans without a record of the fields were good."""
    path = write_loan_table(tmp_path_factory.mktemp("missing") / "loans.csv")
    table = pa_csv.read_csv(path)
    good = np.array([word == "good" for word in table["outcome"].to_pylist()])
    gone = good & (np.arange(len(good)) % 3 > 0)
    for name in ("sown_mu", "crop"):
        values = [None if g else v for g, v in zip(gone, table[name].to_pylist(), strict=True)]
        column = pa.array(values, table[name].type)
        table = table.set_column(table.column_names.index(name), name, column)
    pa_csv.write_csv(table, path)
    return path


@pytest.mark.parametrize("family", ["woe", "boosted", "blend"])
def test_no_attribute_of_a_trained_card_pays_for_a_missing_record(
    tempting: Path, family: Family
) -> None:
    settings = Settings(seed=54, family=family, resamples=20, folds=3)
    card = train_table(tempting, "outcome", settings, bad_value="bad").card
    table = pa_csv.read_csv(tempting)
    assert {"sown_mu"} <= {name for term in card.terms for name in term.attributes}
    for term in card.terms:
        for axis, name in enumerate(term.attributes):
            own = card.bins[name]
            if own.levels or name in card.derived:
                continue
            known = [value for value in table[name].to_pylist() if value is not None]
            typical = int(own.codes(np.array([np.median(known)]))[0])
            along = np.moveaxis(term.points, axis, 0)
            assert (along[own.missing] <= along[typical]).all(), (term.attributes, name)


def a_number(name: str) -> Attribute:
    text = Text(name, name)
    return Attribute(name, text, "information", "number", "scored", text, text)


@pytest.mark.parametrize("learner", [BoostedLearner("boosted_single"), WoeLearner()])
def test_a_fit_knows_that_missing_will_not_pay_and_loses_nothing_when_it_is_held(
    learner: Learner,
) -> None:
    rng = np.random.default_rng(8)
    debts, age = rng.normal(size=(2, 3_000))
    bad = rng.random(3_000) < 1 / (1 + np.exp(1.5 - debts - 0.5 * age))
    debts[~bad & (rng.random(3_000) < 0.4)] = np.nan
    rows = np.arange(3_000)
    sample = Sample({"debts": debts, "age": age}, bad, rows, np.zeros_like(rows))
    dictionary = Dictionary({name: a_number(name) for name in sample.columns}, "0" * 64)
    fits = learner.fits(sample, dictionary, Settings(most_derived=0))
    for fit in next(iter(fits.values())).values():
        held = fit_without_gain(fit, sample).additive
        kept = loss_of(fit.additive.log_odds(sample.columns), sample)
        assert loss_of(held.log_odds(sample.columns), sample) == pytest.approx(kept, abs=0.01)


def test_an_attribute_that_only_ranks_by_being_missing_is_dropped_by_name() -> None:
    rng = np.random.default_rng(9)
    bad = rng.random(3_000) < 0.2
    code = np.where(~bad & (rng.random(3_000) < 0.5), np.nan, 1.0)
    age = rng.normal(size=3_000) + bad
    rows = np.arange(3_000)
    sample = Sample({"code": code, "age": age}, bad, rows, np.zeros_like(rows))
    dictionary = Dictionary({name: a_number(name) for name in sample.columns}, "0" * 64)
    fit = next(iter(WoeLearner().fits(sample, dictionary, Settings())["woe"].values()))
    assert [shape.attributes for shape in fit.additive.shapes] == [("age",)]
    assert ["missing earns no points" in each.reason.en for each in fit.dropped] == [True]
