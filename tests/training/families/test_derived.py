"""Ratios and differences in a trained card: found if they matter, explained, and safe."""

from dataclasses import replace

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.scoring.table import score_table
from model.card.bins import Bins
from model.card.card_file import CardFile
from model.card.card_json import card_from_json, card_to_json
from model.card.card_sql import card_sql
from model.card.derived import Derived
from model.errors import TrainingError
from model.profile.dictionary import read_dictionary
from training.additive import Additive, Shape
from training.card.calibrate import Calibration
from training.card.compile import compile_card
from training.families.derived_attributes import with_attributes, with_columns
from training.gates.exactness import broken_directions
from training.learn import totals
from training.reports.record import write_run
from training.reports.workbook import write_workbook
from training.samples.draft import draft_dictionary
from training.samples.sample import Sample
from training.settings import Settings
from training.train import train_table

QUICK = Settings(family="boosted", resamples=20, folds=3)


def a_table(rows=2_400, seed=7):
    """Instalments hurt by their share of income, whatever either is worth alone."""
    rng = np.random.default_rng(seed)
    income = np.exp(rng.normal(8, 0.8, rows)).round(0)
    instalment = (income * np.exp(rng.normal(-1.2, 0.9, rows))).round(0)
    age = rng.integers(20, 60, rows).astype(float)
    bad = rng.random(rows) < np.where(instalment > 0.45 * income, 0.55, 0.1)
    income[::17] = np.nan
    income[5::40] = 0.0
    return {"income": income, "instalment": instalment, "age": age, "bad": bad.astype(int)}


def trained(folder, columns, chosen=QUICK, directed=()):
    table = pa.table({n: pa.array(v, from_pandas=True) for n, v in columns.items()})
    pq.write_table(table, folder / "t.parquet")
    text = draft_dictionary(table, "bad")
    for name in directed:
        head, tail = text.split(f"\n{name}:\n")
        text = f"{head}\n{name}:\n" + tail.replace("direction: free", "direction: up", 1)
    return train_table(
        folder / "t.parquet", "bad", chosen, dictionary=read_dictionary(text, "test")
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("derived"), a_table())


@pytest.fixture(scope="module")
def directed_run(tmp_path_factory):
    """A run on a table with debts whose direction is declared, beside a ratio of free numbers."""
    rng = np.random.default_rng(2)
    columns = a_table()
    debts = np.round(rng.gamma(2.0, 1.0, len(columns["age"])), 2)
    worse = rng.random(len(debts)) < np.clip(0.12 * debts, 0, 1)
    columns |= {"debts": debts, "bad": columns["bad"] | worse}
    return trained(tmp_path_factory.mktemp("directed"), columns, directed=["debts"])


def test_a_planted_ratio_is_found_and_ranks_better_than_its_sources(run, tmp_path):
    without = trained(tmp_path, a_table(), replace(QUICK, most_derived=0))
    assert Derived("income_per_instalment", "ratio", "income", "instalment") in (
        run.card.derived.values()
    )
    assert without.card.derived == {}
    better, plain = (
        r.performance.evaluations["cross_validated"].measures["auc"].value for r in (run, without)
    )
    assert better > plain + 0.003


def test_the_same_seed_derives_the_same(run, tmp_path):
    assert trained(tmp_path, a_table()).digest == run.digest


def test_nothing_is_derived_if_one_attribute_explains_the_outcome(tmp_path):
    assert trained(tmp_path, by_income_alone(a_table())).card.derived == {}


def by_income_alone(columns):
    """The same rows with outcomes that follow income alone."""
    rng = np.random.default_rng(11)
    income = np.nan_to_num(columns["income"], nan=3_000.0)
    bad = rng.random(len(income)) < 1 / (1 + np.exp(0.4 + (np.log1p(income) - 8)))
    return columns | {"bad": bad.astype(int)}


def test_no_ratio_is_taken_to_an_attribute_that_is_often_not_above_zero(tmp_path):
    """Elsewhere the ratio is missing; held at the typical one, it hides the sources."""
    table = a_table()
    assert ratios(trained(tmp_path, table))
    rng = np.random.default_rng(3)
    for name in ("income", "instalment"):
        table[name] = np.where(rng.random(len(table[name])) < 0.3, 0.0, table[name])
    assert not ratios(trained(tmp_path, table))


def ratios(run):
    return [own for own in run.card.derived.values() if own.kind == "ratio"]


def test_nothing_is_derived_from_an_attribute_with_a_declared_direction(tmp_path):
    run = trained(tmp_path, a_table(), directed=["instalment"])
    assert all("instalment" not in own.sources for own in run.card.derived.values())
    assert broken_directions(run.card, {"instalment": "up"}) == []


def test_the_gate_on_directions_stops_a_card_that_derives_from_a_directed_source(run):
    assert broken_directions(run.card, {"instalment": "up", "age": "free"}) == ["instalment"]


def test_the_reason_of_a_ratio_names_its_two_sources(run):
    wording = run.card.wording["income_per_instalment"]
    assert (wording.label.zh, wording.label.en) == ("income ÷ instalment", "income ÷ instalment")
    assert wording.reason.en.startswith("income, as a ratio to instalment, is outside the most")
    assert wording.below.zh == "income与instalment之比低于最有利的范围"
    assert wording.above.en.endswith("is above the most favourable range")
    assert "instalment is not above zero" in wording.missing.en
    assert not wording.actionable


def test_a_table_without_the_derived_column_gets_the_points_of_training(run, tmp_path):
    held = run.samples.validation
    plain = {name: held.columns[name] for name in run.card.inputs}
    pq.write_table(pa.table(plain), tmp_path / "in.parquet")
    score_table(tmp_path / "in.parquet", card_from_json(card_to_json(run.card)),
                tmp_path / "out.parquet")  # fmt: skip
    scored = pq.read_table(tmp_path / "out.parquet")
    assert scored["points"].to_pylist() == totals(run.card, held).tolist()
    with duckdb.connect() as connection:
        connection.register("applicants", pa.table(plain))
        query = card_sql(CardFile(run.card, run.digest, None, None))
        found = connection.sql(f"SELECT points FROM ({query})").to_arrow_table()
    assert found["points"].to_pylist() == scored["points"].to_pylist()


# MLflow reads the type hints of a model when its class is made.
@pytest.mark.filterwarnings("ignore:.*type hint:UserWarning")
def test_the_mlflow_model_needs_only_the_sources(run):
    from training.tracking.pyfunc_model import CardModel

    model = CardModel()
    model.card = run.card
    plain = pd.DataFrame({name: run.samples.validation.columns[name] for name in run.card.inputs})
    found = model.predict(None, plain)
    assert found["points"].tolist() == totals(run.card, run.samples.validation).tolist()


def test_the_report_the_workbook_and_the_baseline_include_the_ratio(run, tmp_path):
    write_run(run, tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<code>income ÷ instalment</code>" in page
    write_workbook(CardFile(run.card, run.digest, None, None), tmp_path / "card.xlsx")
    shares = run.performance.baseline["income_per_instalment"]
    assert sum(shares) == pytest.approx(1.0)
    # Where income is missing, one row in seventeen, so is the ratio.
    assert shares[-2] == pytest.approx(1 / 17, abs=0.02)
    assert run.performance.attribute_psi["income_per_instalment"] < 0.1


def compiled(direction, seed):
    """A card compiled from random shapes over a directed attribute and a ratio of `a` and `b`."""
    rng = np.random.default_rng(seed)
    columns = a_table(rows=200, seed=seed) | {"directed": rng.normal(size=200)}
    table = pa.table({n: pa.array(v, from_pandas=True) for n, v in columns.items()})
    dictionary = read_dictionary(draft_dictionary(table, "bad"), "test")
    first = replace(dictionary["instalment"], direction=direction)
    dictionary = replace(dictionary, attributes={**dictionary.attributes, "instalment": first})
    return columns, dictionary, rng


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_card_that_derives_from_a_directed_source_does_not_compile(direction):
    columns = a_table(rows=200)
    table = pa.table({n: pa.array(v, from_pandas=True) for n, v in columns.items()})
    drafted = read_dictionary(draft_dictionary(table, "bad"), "test")
    directed = replace(drafted["income"], direction=direction)
    dictionary = replace(drafted, attributes={**drafted.attributes, "income": directed})
    own = Derived("gap", "difference", "instalment", "income")
    bins = {"instalment": Bins("instalment"), "income": Bins("income"), "gap": Bins("gap", (0.0,))}
    rows = np.arange(200)
    plain = Sample(columns, columns["bad"].astype(bool), rows, np.zeros_like(rows))
    shape = Shape(("gap",), np.array([0.0, 1.0, -1.0, 0.5]))
    with pytest.raises(TrainingError, match="income, which has a declared direction"):
        compile_card(
            Additive(0.0, bins, (shape,), {"gap": own}), Calibration(0.0, 1.0),
            with_columns(plain, {"gap": own}, bins), with_attributes(dictionary, [own]),
            QUICK, "x", {},
        )  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_directed_attribute_stays_monotone_in_total_beside_derived_ones(directed_run, data):
    """A row whose debts grow, all else equal, never gains a point."""
    columns = directed_run.samples.validation.columns
    row = data.draw(st.integers(0, len(columns["debts"]) - 1))
    low, high = sorted(data.draw(st.tuples(st.floats(0, 9), st.floats(0, 9))))
    two = {name: np.repeat(columns[name][row], 2) for name in directed_run.card.inputs}
    card = directed_run.card
    less, more = card.total(card.points_by_attribute(card.codes(
        {**two, "debts": np.array([low, high])}
    )))  # fmt: skip
    assert more <= less
