"""Bins that an analyst sets by hand: the file, what is refused, and what they cost."""

import re

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from pyarrow import csv

from cli.train import command
from model.errors import TrainingError
from training.binning.by_hand import read_hand_bins
from training.settings import Settings
from training.train import FlatRows, train_rows

ROWS = 3000


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(5)
    age, debt = rng.integers(18, 70, ROWS).astype(np.float64), rng.normal(size=ROWS)
    log_odds = -1.5 - 0.05 * (age - 40) + debt
    bad = rng.random(ROWS) < 1 / (1 + np.exp(-log_odds))
    place = np.where(age > 40, "town", "field")
    columns = {"age": age, "debt": debt, "place": place}
    return pa.table({**columns, "bad": bad.astype(np.int64)})


def trained(table, text, family="woe"):
    settings = Settings(family=family, resamples=50, bins=read_hand_bins(text, "bins.yaml"))
    return train_rows(FlatRows(table, "bad"), settings)


@pytest.mark.parametrize("family", ["woe", "boosted_single", "auto"])
def test_a_card_cuts_where_the_analyst_says(table, family):
    card = trained(table, "age: [30, 45]", family).card
    assert set(card.bins["age"].edges) <= {30.0, 45.0}
    assert card.bins["age"].edges
    assert len(card.bins["debt"].edges) > 1


def test_coarse_bins_cost_what_the_run_says(table):
    cost = trained(table, "debt: [2.5]").learned.hand_bins
    assert cost.attributes == ("debt",)
    assert cost.auc.high < 0
    assert cost.log_loss.low > 0


def test_without_bins_by_hand_there_is_no_cost(table):
    run = train_rows(FlatRows(table, "bad"), Settings(family="woe", resamples=50))
    assert run.learned.hand_bins is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("age: [45, 30]", "cut points ascend"),
        ("age: [30, 30]", "cut points ascend"),
        ("age: []", "give cut points as numbers"),
        ("age: 30", "give cut points as numbers"),
        ("age: [true]", "give cut points as numbers"),
        ("age: [.nan]", "give cut points as numbers"),
        ("- 30", "give cut points by attribute"),
        ("age: [30", "no YAML"),
    ],
)
def test_a_file_that_is_no_list_of_cut_points_is_refused(text, message):
    with pytest.raises(TrainingError, match=message):
        read_hand_bins(text, "bins.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("agee: [30]", "no scored attribute is called agee"),
        ("place: [30]", "place is text"),
        ("age: [30.2, 30.6]", "no row of development lies from 30.2 to 30.6"),
        ("age: [17, 30]", "no row of development lies from its least value to 17"),
    ],
)
def test_bins_that_do_not_fit_the_table_are_refused(table, text, message):
    with pytest.raises(TrainingError, match=message):
        trained(table, text)


def test_the_console_and_the_report_say_what_bins_by_hand_cost(table, tmp_path):
    csv.write_csv(table, tmp_path / "t.csv")
    (tmp_path / "bins.yaml").write_text("debt: [2.5]\n")
    given = ["--table", str(tmp_path / "t.csv"), "--target", "bad", "--family", "woe",
             "--bins", str(tmp_path / "bins.yaml"), "--out", str(tmp_path / "out"),
             "--mlruns", str(tmp_path / "mlruns"), "--home", str(tmp_path)]  # fmt: skip
    done = CliRunner().invoke(command, given)
    assert "bins by hand: debt: against automatic bins" in done.output
    assert re.search(r"out of fold AUC \S+ \(\S+ – \S+\), log loss \S+ \(\S+ – \S+\)", done.output)
    assert "Bins set by the analyst (debt)" in (tmp_path / "out" / "report.html").read_text("utf-8")
