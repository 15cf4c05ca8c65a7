"""Two runs side by side: on the same rows, and by what each recorded."""

import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli.main import main
from training.measures.discrimination import auc_of_scores
from training.reports.parts import tables_of
from training.reports.record import write_card_folder, write_run
from training.reports.two_runs import read_run, two_runs_sections
from training.settings import Settings
from training.train import train_table

ROWS = 1_200


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A card of both attributes, and one of income alone."""
    rng = np.random.default_rng(6)
    income, debt = rng.normal(size=ROWS), rng.normal(size=ROWS)
    bad = rng.random(ROWS) < 1 / (1 + np.exp(1.5 + income - debt))
    place = tmp_path_factory.mktemp("runs")
    made = []
    for name, columns in (("both", {"income": income, "debt": debt}), ("one", {"income": income})):
        path = place / f"{name}.parquet"
        pq.write_table(pa.table({**columns, "bad": bad.astype(int)}), path)
        run = train_table(path, "bad", Settings(family="woe", resamples=30, penalties=(1.0,)))
        written = place / f"{name} run"
        written.mkdir()
        write_run(run, written)
        write_card_folder(run, place / name, written)
        made.append(place / name)
    return made


def tables(folders):
    first, second = map(read_run, folders)
    return {table.name: table for _, table in tables_of(two_runs_sections(first, second))}


def test_both_cards_are_measured_on_the_first_runs_rows(folders):
    found, run = tables(folders), read_run(folders[0])
    other = read_run(folders[1]).evidence.judged
    auc = found["beside_rows"].rows[0]
    rows = run.evidence.rows
    assert auc[1] == pytest.approx(auc_of_scores(run.evidence.totals(), rows.bad))
    assert auc[2] == pytest.approx(auc_of_scores(run.evidence.totals(other), rows.bad))
    assert auc[3].value == pytest.approx(auc[1] - auc[2])
    assert auc[3].low > 0
    changes = {row[0].en: row[3].en for row in found["beside_attributes"].rows}
    assert changes["debt"] == "added"


def test_the_figures_are_those_each_run_recorded(folders):
    found = tables(folders)
    recorded = read_run(folders[1]).figures["evaluations"]["held_out"]["measures"]["ks"]
    row = next(row for row in found["figures"].rows if row[0].en == "held out: KS")
    assert (row[2].value, row[2].low) == (recorded["value"], recorded["low"])


def test_the_other_way_round_only_recorded_figures_are_compared(folders):
    """The rows of the card with one attribute lack the other's second."""
    found = tables(folders[::-1])
    assert "beside_rows" not in found
    assert len(found["figures"].rows) > 10


@pytest.mark.parametrize("beside", ["folder", "nothing"])
def test_the_console_writes_the_page(folders, beside, monkeypatch, capsys, tmp_path):
    out = tmp_path / "comparison.html"
    given = {"folder": ["--beside", str(folders[1])], "nothing": []}[beside]
    arguments = ["--format", "html", "--card", str(folders[0]), "--out", str(out), *given]
    monkeypatch.setattr(sys, "argv", ["rongzi", "export-card", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr()
    if beside == "folder":
        page = out.read_text(encoding="utf-8")
        assert "Two runs side by side" in page
        assert "<script" not in page
    else:
        assert ended.value.code == 2
        assert "--beside" in printed.err
