"""``--family auto`` and other families on tables: the choice, its report, awkward columns."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.card.card_json import card_from_json, card_to_json
from model.profile.dictionary import read_dictionary
from training.binning.optimal import breaks_direction
from training.learn import totals
from training.measures.discrimination import auc_of_scores
from training.samples.draft import draft_dictionary
from training.settings import Settings
from training.train import train_table

QUICK = Settings(family="boosted", resamples=20, folds=2)


def a_table(rows=1_200, seed=5):
    """Risk falls with income; debt hurts the poor only, so a pair says more than two singles."""
    rng = np.random.default_rng(seed)
    income, debt = rng.normal(size=(2, rows)).round(2)
    crop = rng.choice(["小麦", "玉米", "水稻"], rows)
    risk = -1.2 - income + 2.0 * (debt > 0.3) * (income < 0) + 0.8 * (crop == "玉米")
    bad = rng.random(rows) < 1 / (1 + np.exp(-risk))
    income[::11] = np.nan
    return {"income": income, "debt": debt, "crop": crop.tolist(), "bad": bad.astype(int)}


def trained(folder, columns, settings=QUICK, directed=(), target="bad"):
    table = pa.table({n: pa.array(v, from_pandas=True) for n, v in columns.items()})
    pq.write_table(table, folder / "t.parquet")
    text = draft_dictionary(table, target)
    for name in directed:
        head, tail = text.split(f"\n{name}:\n")
        text = f"{head}\n{name}:\n" + tail.replace("direction: free", "direction: down", 1)
    dictionary = read_dictionary(text, "test")
    return train_table(folder / "t.parquet", target, settings, dictionary=dictionary)


@pytest.fixture(scope="module")
def auto(tmp_path_factory):
    folder = tmp_path_factory.mktemp("auto")
    return trained(folder, a_table(), replace(QUICK, family="auto"), directed=["income"])


def test_auto_keeps_the_candidate_with_the_least_loss_out_of_fold(auto):
    losses = {row.family: row.log_loss for row in auto.comparison.leaderboard}
    assert list(losses)[:3] == ["woe", "boosted_single", "boosted"]
    assert auto.card.provenance["family"] == min(losses, key=losses.get)


def test_the_pair_that_matters_is_found_and_its_gain_reported(auto):
    pairs = [set(t.attributes) for t in auto.card.terms if len(t.attributes) == 2]
    assert {"income", "debt"} in pairs
    bought = auto.comparison.pairs_bought
    assert bought.log_loss.value < 0
    assert bought.auc.low < bought.auc.value < bought.auc.high
    assert bought.auc.value > 0


def test_challengers_state_the_price_of_explanation(auto):
    assert [row.name for row in auto.comparison.price.challengers] == ["hgb", "lightgbm"]
    assert abs(auto.comparison.price.auc) < 0.1


def test_whole_points_keep_the_direction_in_every_slice(auto):
    for term in auto.card.terms:
        if "income" in term.attributes:
            along = np.moveaxis(term.points, term.attributes.index("income"), 0)
            ordinary = along[: auto.card.bins["income"].ordinary].astype(float)
            assert not breaks_direction(ordinary, "down")


def test_merging_and_rounding_lose_little(auto):
    assert auto.performance.rounding.auc < 0.01
    assert auto.performance.rounding.brier < 0.002


def test_a_card_with_pairs_survives_its_file(auto):
    again = card_from_json(card_to_json(auto.card))
    np.testing.assert_array_equal(
        totals(again, auto.samples.validation), totals(auto.card, auto.samples.validation)
    )


def test_the_same_seed_gives_the_same_card(tmp_path):
    rows = {name: values[:400] for name, values in a_table().items()}
    first, second = (trained(tmp_path, rows, directed=["income"]) for _ in range(2))
    assert first.digest == second.digest


def test_the_name_of_explainable_boosting_makes_the_card_of_boosted_shapes(tmp_path):
    rows = {name: values[:400] for name, values in a_table().items()}
    old, new = (trained(tmp_path, rows, replace(QUICK, family=name)) for name in ("ebm", "boosted"))
    assert old.card.provenance["family"] == "boosted"
    assert old.digest == new.digest


def test_the_served_card_learns_from_all_rows_with_the_choices_of_the_judged_one(auto):
    rows = len(auto.samples.development), len(auto.samples.validation)
    assert int(auto.judged.provenance["rows"]) == rows[0]
    assert int(auto.card.provenance["rows"]) == sum(rows) == len(auto.samples.fitted)
    held = auto.performance.evaluations["held_out"]
    area = auc_of_scores(totals(auto.judged, auto.samples.validation), auto.samples.validation.bad)
    assert held.measures["auc"].value == pytest.approx(area)


def test_without_a_refit_the_served_card_is_the_judged_one(tmp_path):
    rows = {name: values[:400] for name, values in a_table().items()}
    run = trained(tmp_path, rows, replace(QUICK, refit=False))
    assert run.card is run.judged
    assert len(run.samples.fitted) == len(run.samples.development)


def test_awkward_columns_do_not_stop_training_and_dropped_ones_are_named(tmp_path):
    rows, rng = a_table(1_000), np.random.default_rng(8)
    size = len(rows["bad"])
    rows["twin"] = rows["debt"]
    rows["constant"] = np.full(size, 7.0)
    rows["blank"] = np.full(size, np.nan)
    rows["nearly_blank"] = np.where(rng.random(size) < 0.99, np.nan, rng.normal(size=size))
    rows["infinite"] = np.where(rng.random(size) < 0.005, np.inf, rng.normal(size=size))
    rows["village"] = [f"village {code}" for code in rng.integers(0, 900, size)]
    rows["seen_on"] = [f"2024-{1 + code % 12:02d}-11" for code in range(size)]
    run = trained(tmp_path, rows)
    dropped = {entry.attribute: entry.reason.en for entry in run.learned.dropped}
    assert dropped["twin"] == "the same as debt, row by row"
    assert dropped["constant"].startswith("constant")
    assert dropped["blank"] == "every value is missing"
    assert "seen_on" not in run.card.bins
    assert np.isfinite(run.card.pd_values).all()
    assert run.performance.evaluations["held_out"].measures["auc"].value > 0.65


def test_one_bad_in_a_hundred_and_a_target_in_words_make_a_calibrated_card(tmp_path):
    rng = np.random.default_rng(2)
    income = rng.normal(size=8_000)
    bad = rng.random(8_000) < 1 / (1 + np.exp(5.2 + 1.2 * income))
    rows = {"income": income, "outcome": np.where(bad, "bad", "good").tolist()}
    run = trained(tmp_path, rows, replace(QUICK, family="boosted_single"), target="outcome")
    held = run.performance.evaluations["held_out"].measures
    assert bad.mean() < 0.015
    assert held["ece"].value < 0.01
    assert held["auc"].value > 0.7


def test_spellings_of_one_word_share_a_bin(tmp_path):
    rows, rng = a_table(600), np.random.default_rng(4)
    rows["city"] = [
        str(rng.choice(["São Paulo", "SAO PAULO"] if bad else ["Recife", "RECIFE"]))
        if rng.random() < 0.7
        else "Natal"
        for bad in rows["bad"]
    ]
    settings = replace(QUICK, family="boosted_single")
    bins = trained(tmp_path, rows, settings).card.bins["city"]
    group = next(group for group in bins.levels if "Recife" in group)
    assert "RECIFE" in group
    assert "São Paulo" not in group
