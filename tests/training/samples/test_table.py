"""A card from a flat table: repeatable, directed, calibrated, with reasons for dropped columns."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.storage.flat_table import card_columns, read_flat_table
from model.card.card_json import card_to_json
from model.errors import TrainingError
from model.profile.dictionary import read_dictionary
from training.learn import totals
from training.run import HELD_OUT, UNSEEN
from training.samples.draft import draft_dictionary
from training.settings import Settings
from training.train import train_table

ROWS = 2000
QUICK = Settings(family="woe", resamples=50)


def a_table(rows=ROWS, seed=7):
    """Loans whose risk falls with income, rises with lateness and depends on the crop."""
    rng = np.random.default_rng(seed)
    income, late = rng.lognormal(9, 0.8, rows), rng.poisson(1.0, rows)
    crop = rng.choice(["wheat", "maize", "melon"], rows)
    log_odds = -1.8 - 1.4 * (np.log(income) - 9) + 0.8 * late + 0.9 * (crop == "melon")
    bad = rng.random(rows) < 1 / (1 + np.exp(-log_odds))
    return {
        "income": [None if gone else round(float(x), 2) for x, gone in
                   zip(income, rng.random(rows) < 0.1, strict=True)],
        "late": late.tolist(),
        "late_twice": (2 * late).tolist(),
        "crop": crop.tolist(),
        "noise": rng.normal(size=rows).tolist(),
        "always": [1] * rows,
        "never": pa.nulls(rows, pa.string()),
        "outcome": np.where(bad, "bad", "good").tolist(),
    }  # fmt: skip


def declared(table):
    """The drafted dictionary with the directions a person would write into it."""
    text = draft_dictionary(table, "outcome")
    for name, direction in (("income", "down"), ("late", "up"), ("noise", "up")):
        head, entry = text.split(f"\n{name}:\n")
        text = f"{head}\n{name}:\n{entry.replace('direction: free', f'direction: {direction}', 1)}"
    return read_dictionary(text, "declared")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    found = tmp_path_factory.mktemp("table") / "loans.csv"
    pa_csv.write_csv(pa.table(a_table()), found)
    return found


@pytest.fixture(scope="module")
def dictionary(path):
    return declared(read_flat_table(path))


@pytest.fixture(scope="module")
def run(path, dictionary):
    return train_table(path, "outcome", QUICK, dictionary=dictionary)


def test_the_same_seed_and_data_give_the_same_card_digest(run, path, dictionary):
    again = train_table(path, "outcome", QUICK, dictionary=dictionary)
    assert again.digest == run.digest
    assert card_to_json(again.card) == card_to_json(run.card)


def test_another_seed_or_setting_gives_another_digest(run, path, dictionary):
    for settings in (replace(QUICK, seed=55), replace(QUICK, most_bins=3)):
        assert train_table(path, "outcome", settings, dictionary=dictionary).digest != run.digest


def test_csv_and_parquet_give_the_same_card(run, path, dictionary, tmp_path):
    other = tmp_path / "loans.parquet"
    pq.write_table(pa.table(a_table()), other)
    found = train_table(other, "outcome", QUICK, dictionary=dictionary)
    assert found.digest == run.digest
    assert found.origin.source.file["file"] == "loans.parquet"


def test_attributes_with_risk_enter_and_the_others_are_dropped_by_name(run):
    assert set(run.card.attributes) in (
        {"income", "late", "crop"},
        {"income", "late_twice", "crop"},
    )
    reasons = {entry.attribute: entry.reason.en for entry in run.learned.dropped}
    assert "constant" in reasons["always"]
    assert "every value is missing" in reasons["never"]
    assert "information value" in reasons["noise"]
    assert any("says the same as late" in reason for reason in reasons.values())
    assert all(entry.reason.zh for entry in run.learned.dropped)


@given(st.sampled_from([("income", 1), ("late", -1)]), st.floats(0, 1e5), st.floats(0, 1e5))
def test_no_attribute_with_a_direction_moves_points_the_wrong_way(run, declaration, one, other):
    name, sign = declaration
    if name in run.card.bins:
        (term,) = (t for t in run.card.terms if t.attributes == (name,))
        bins = run.card.bins[name]
        low, high = (min(bins.maximum, x) for x in sorted((one, other)))
        points = term.points[bins.codes(np.array([low, high]))]
        assert sign * (points[1] - points[0]) >= 0


def test_points_mean_odds_on_rows_the_card_never_saw(run):
    measures = run.performance.evaluations[HELD_OUT].measures
    assert measures["expected_bad_rate"].value == pytest.approx(
        measures["bad_rate"].value, abs=0.05
    )
    assert measures["auc"].value > 0.7
    odds = 50 * 2 ** ((run.card.pd_points - 600) / 20)
    np.testing.assert_allclose(run.card.pd_values, 1 / (1 + odds), atol=5.1e-7)


def test_intervals_enclose_their_values_and_cross_validation_is_reported(run):
    assert {"development", UNSEEN, HELD_OUT} == set(run.performance.evaluations)
    for found in run.performance.evaluations.values():
        for name, measure in found.measures.items():
            assert measure.low <= measure.value <= measure.high, name


def test_the_held_out_rows_keep_the_bad_rate(run):
    assert run.samples.validation.bad_rate == pytest.approx(
        run.samples.development.bad_rate, abs=0.002
    )
    assert len(run.samples.validation) == ROWS / 4


def test_scoring_the_file_gives_the_points_the_run_was_evaluated_on(run, path):
    columns = card_columns(read_flat_table(path), run.card)
    points = run.card.total(run.card.points_by_attribute(run.card.codes(columns)))
    both = np.concatenate(
        [totals(run.card, run.samples.development), totals(run.card, run.samples.validation)]
    )
    np.testing.assert_array_equal(np.sort(points), np.sort(both))


def test_the_card_says_where_it_came_from(run, dictionary):
    provenance = run.card.provenance
    assert provenance["source"] == "table"
    assert provenance["dictionary_digest"] == dictionary.digest
    assert len(provenance["data_digest"]) == len(provenance["training_digest"]) == 64


def test_rows_without_a_target_are_left_out_and_counted(path, tmp_path):
    rows = a_table()
    rows["outcome"][:100] = [None] * 100
    pa_csv.write_csv(pa.table(rows), tmp_path / "t.csv")
    found = train_table(tmp_path / "t.csv", "outcome", QUICK)
    assert len(found.samples.development) + len(found.samples.validation) == ROWS - 100
    notes = found.origin.source.notes
    assert any("100 rows without a target were left out" in note for note in notes)


def refusal(tmp_path, rows, **how):
    pa_csv.write_csv(pa.table(rows), tmp_path / "t.csv")
    with pytest.raises(TrainingError) as found:
        train_table(tmp_path / "t.csv", "outcome", QUICK, **how)
    return str(found.value)


def test_one_class_is_refused(tmp_path):
    assert "one class only" in refusal(tmp_path, a_table() | {"outcome": ["good"] * ROWS})


def test_too_few_bads_are_refused_with_the_number_found(tmp_path):
    rows = a_table() | {"outcome": ["bad"] * 10 + ["good"] * (ROWS - 10)}
    assert "10 bads among 2,000 rows, and a card needs at least 45" in refusal(tmp_path, rows)


def test_too_few_goods_are_refused_too(tmp_path):
    rows = a_table() | {"outcome": ["good"] * 3 + ["bad"] * (ROWS - 3)}
    assert "3 goods" in refusal(tmp_path, rows)


def test_a_table_without_information_is_refused_with_every_reason(tmp_path):
    rows = {"always": [1] * ROWS, "never": pa.nulls(ROWS, pa.string())}
    message = refusal(tmp_path, rows | {"outcome": a_table()["outcome"]})
    assert "always: constant" in message
    assert "never: every value is missing" in message


def test_noise_that_ranks_no_better_than_chance_out_of_fold_makes_no_card(tmp_path):
    rng = np.random.default_rng(0)
    rows = {f"noise_{i}": rng.normal(size=400).tolist() for i in range(6)}
    rows["outcome"] = ["bad", "good"] * 200
    message = refusal(tmp_path, rows)
    assert "no better than chance" in message


def test_a_dictionary_that_does_not_fit_the_table_is_refused(tmp_path, dictionary):
    rows = a_table()
    del rows["crop"]
    assert "lacks: crop" in refusal(tmp_path, rows, dictionary=dictionary)


def test_a_dictionary_that_scores_the_target_is_refused(tmp_path):
    drafted = read_dictionary(draft_dictionary(pa.table(a_table()), "crop"), "wrong target")
    assert "scores the target 'outcome' itself" in refusal(tmp_path, a_table(), dictionary=drafted)


@pytest.mark.parametrize("other", ["Income", "INCOME_missing"])
def test_columns_that_would_share_a_reason_code_are_refused(tmp_path, other):
    rows = a_table()
    assert "share the reason code INCOME" in refusal(tmp_path, rows | {other: rows["income"]})


def test_a_dictionary_that_scores_nothing_is_refused(tmp_path):
    text = draft_dictionary(pa.table(a_table()), "outcome").replace("role: scored", "role: audit")
    nothing = read_dictionary(text, "all audit")
    assert "scores no column" in refusal(tmp_path, a_table(), dictionary=nothing)


def test_an_unknown_family_is_refused(path):
    with pytest.raises(TrainingError, match=r"no family is called 'svm'; use one of auto, woe"):
        train_table(path, "outcome", replace(QUICK, family="svm"))


def test_an_attribute_that_is_the_outcome_makes_a_card_with_finite_points(tmp_path):
    rows = a_table()
    rows["paid_back"] = [int(outcome == "good") for outcome in rows["outcome"]]
    pa_csv.write_csv(pa.table(rows), tmp_path / "t.csv")
    found = train_table(tmp_path / "t.csv", "outcome", QUICK)
    assert "paid_back" in found.card.attributes
    assert found.learned.fit.strength["paid_back"] > 0.5
