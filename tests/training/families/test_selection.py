"""What enters the regression: strong, stable and uncorrelated attributes with the right sign."""

from dataclasses import replace

import numpy as np
import pytest

from model.card.bins import Bins
from model.errors import TrainingError
from model.profile.dictionary import Attribute, Dictionary, Text
from training.binning.binning import bin_attribute
from training.families.boosted.family import SINGLE, BoostedLearner
from training.families.woe import WoeLearner, drop_correlated, drop_weak, fit_logistic
from training.measures.stability import coarse, drop_unstable
from training.samples.sample import Sample, refuse_too_few
from training.settings import Settings

SETTINGS = Settings()
ROWS = 3000


def declared(name):
    text = Text(name, name)
    direction = "up" if name == "noise" else "free"
    return Attribute(
        name, text, "information", "number", "scored", text, text, direction=direction
    )  # fmt: skip


@pytest.fixture
def sample():
    """Two attributes that carry risk, one of them missing early on; a copy; and noise."""
    rng = np.random.default_rng(9)
    period = np.repeat(np.arange(10), ROWS // 10)
    care, wealth = rng.normal(size=(2, ROWS))
    bad = rng.random(ROWS) < 1 / (1 + np.exp(2 + care + wealth))
    young = np.where(period < 5, np.nan, wealth)
    columns = {"care": care, "copy": 3 * care, "young": young, "noise": rng.normal(size=ROWS)}
    return Sample(columns, bad, np.arange(ROWS), period)


@pytest.fixture
def binned(sample):
    return {
        name: bin_attribute(declared(name), values, sample.bad, SETTINGS)
        for name, values in sample.columns.items()
    }


def test_strong_attributes_come_first_and_weak_ones_are_dropped_with_their_value(binned):
    kept, dropped = drop_weak(binned, SETTINGS)
    assert kept[0] in ("care", "copy")
    assert [entry.attribute for entry in dropped] == ["noise"]
    assert "below 0.01" in dropped[0].reason.en


def test_an_attribute_known_only_of_late_stays_since_its_relation_to_risk_holds(binned, sample):
    bins = {name: own.bins for name, own in binned.items()}
    assert drop_unstable(["care", "young"], bins, sample, SETTINGS) == (["care", "young"], [])


def turning(sample):
    """Return the sample with an attribute that is safe in its first half and risky in the other."""
    sign = np.where(sample.period < 5, 1.0, -1.0)
    turned = sign * sample.columns["care"]
    return replace(sample, columns={**sample.columns, "turned": turned})


def test_an_attribute_whose_relation_to_risk_turns_is_dropped(sample):
    turned = turning(sample)
    bins = {name: Bins(name, (-1.0, 0.0, 1.0)) for name in ("care", "turned")}
    kept, dropped = drop_unstable(["care", "turned"], bins, turned, SETTINGS)
    assert (kept, [entry.attribute for entry in dropped]) == (["care"], ["turned"])
    assert "its relation to risk turns" in dropped[0].reason.en
    alone = replace(turned, period=np.zeros(ROWS, dtype=np.int64))
    assert drop_unstable(["turned"], bins, alone, SETTINGS) == (["turned"], [])


def test_an_attribute_that_almost_nobody_has_is_dropped(sample):
    rare = np.where(np.arange(ROWS) % 40 == 0, sample.columns["care"], np.nan)
    held = replace(sample, columns={**sample.columns, "rare": rare})
    kept, (dropped,) = drop_unstable(["rare"], {"rare": Bins("rare", (0.0,))}, held, SETTINGS)
    assert (kept, dropped.reason.en) == ([], "unknown in 97.5% of the rows, above 95%")


def test_boosted_shapes_drop_unstable_attributes_by_name(sample):
    rows = sample.take(np.arange(0, ROWS, 4))
    rows = turning(rows)
    names = ("care", "turned", "noise")
    dictionary = Dictionary({name: declared(name) for name in names}, "0" * 64)
    few = Sample({n: rows.columns[n] for n in names}, rows.bad, rows.borrower, rows.period)
    fit = BoostedLearner(SINGLE).fits(few, dictionary, SETTINGS)[SINGLE][SINGLE]
    assert set(fit.additive.bins) == {"care", "noise"}
    assert [entry.attribute for entry in fit.dropped] == ["turned"]
    assert "its relation to risk turns" in fit.dropped[0].reason.en


def test_a_shift_is_measured_over_few_bins_of_similar_size(sample):
    values = sample.columns["care"]
    fine = Bins("care", edges=tuple(np.linspace(-2, 2, 101).tolist()))
    found = coarse(fine, values)
    shares = np.bincount(found.codes(values), minlength=found.size)[: found.ordinary] / ROWS
    assert set(found.edges) < set(fine.edges)
    assert found.ordinary == 10
    assert shares == pytest.approx(0.1, abs=0.02)


def test_the_rare_spellings_of_a_text_share_a_bin_of_the_shift():
    words = np.array([f"w{row}" for row in range(30) for _ in range(40 - row)], dtype=object)
    found = coarse(Bins("word", levels=tuple((f"w{row}",) for row in range(30))), words)
    assert found.levels[:9] == tuple((f"w{row}",) for row in range(9))
    assert found.codes(words).max() == 9


def test_an_attribute_that_correlates_with_a_stronger_one_is_dropped(binned, sample):
    woe = {n: b.woe[b.bins.codes(sample.columns[n])] for n, b in binned.items()}
    kept, dropped = drop_correlated(["care", "copy", "noise"], woe, SETTINGS)
    assert kept == ["care", "noise"]
    assert "says the same as care (correlation 1.00)" in dropped[0].reason.en


def test_every_coefficient_is_positive_and_attributes_of_the_wrong_sign_are_dropped(sample):
    rng = np.random.default_rng(2)
    risk = sample.bad + rng.normal(size=ROWS)
    # Beside its sum with noise, the noise itself turns round.
    woe = {"sum": risk + 3 * sample.columns["noise"], "noise": 3 * sample.columns["noise"]}
    found = fit_logistic(woe, sample.bad, 1.0)
    assert found.names == ("sum",)
    assert found.coefficients[0] > 0
    assert "its sign turns" in found.dropped[0].reason.en


def test_nothing_is_left_if_every_sign_is_wrong(sample):
    assert fit_logistic({"wrong": -1.0 * sample.bad}, sample.bad, 1.0) is None


def test_the_family_names_everything_it_drops(sample):
    dictionary = Dictionary({name: declared(name) for name in sample.columns}, "digest")
    for fit in WoeLearner().fits(sample, dictionary, SETTINGS)["woe"].values():
        kept = {name for shape in fit.additive.shapes for name in shape.attributes}
        dropped = {entry.attribute for entry in fit.dropped}
        assert kept | dropped == set(sample.columns)
        assert not kept & dropped


def test_log_odds_of_good_fall_with_risk(sample):
    dictionary = Dictionary({name: declared(name) for name in sample.columns}, "digest")
    fit = WoeLearner().fits(sample, dictionary, SETTINGS)["woe"]["C=1"]
    odds = fit.additive.log_odds(sample.columns)
    assert odds[~sample.bad].mean() > odds[sample.bad].mean()
    assert np.mean(1 / (1 + np.exp(odds))) == pytest.approx(sample.bad_rate, abs=0.01)


@pytest.mark.parametrize(
    ("bads", "why"), [(0, "all 3,000 rows are good"), (ROWS, "are bad"), (9, "9 bads among")]
)
def test_a_sample_that_cannot_support_a_card_is_refused(sample, bads, why):
    few = replace(sample, bad=np.arange(ROWS) < bads)
    with pytest.raises(TrainingError, match=why):
        refuse_too_few(few, 30, "the sample")
