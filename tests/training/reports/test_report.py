"""The report and its pictures: complete, offline, in both languages, repeatable."""

import re
import warnings
from html.parser import HTMLParser

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.profile.dictionary import Text
from training.binning.evidence import BinRow, bin_labels, bin_rows
from training.reports import plots as plot_style
from training.reports.page import report_html
from training.reports.plots import bin_pictures, bins_plot, run_pictures
from training.reports.record import figures_json, write_run
from training.settings import Settings
from training.train import train_table

ROWS = 1200


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    rng = np.random.default_rng(2)
    income, crop = rng.normal(size=ROWS), rng.choice(["小麦", "玉米", "甜瓜<b>"], ROWS)
    bad = rng.random(ROWS) < 1 / (1 + np.exp(1.5 + income - (crop == "玉米")))
    table = pa.table({"income": income, "作物": crop.tolist(), "坏": bad.astype(int)})
    path = tmp_path_factory.mktemp("table") / "loans.parquet"
    pq.write_table(table, path)
    return train_table(path, "坏", Settings(family="woe", resamples=50))


@pytest.fixture(scope="module")
def pictures(run):
    return run_pictures(run), bin_pictures(run)


@pytest.fixture(scope="module")
def page(run, pictures):
    return report_html(run, *pictures)


class Elements(HTMLParser):
    """Collects tags and their attributes."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_the_page_is_one_small_file_that_loads_nothing(page):
    assert len(page.encode()) < 3_000_000
    for tag, attributes in Elements(page).found:
        assert tag not in ("script", "link", "img", "iframe")
        assert not {"src", "onclick", "onload"} & set(attributes)
    assert "@import" not in page
    assert not re.search(r"url\((?!['\"]?#)", page)


def test_every_measure_of_the_card_is_on_the_page(run, page):
    held = run.performance.evaluations[run.samples.validated_on]
    assert run.digest in page
    assert f"{held.measures['auc'].value:.3f}" in page
    assert f"{held.measures['ks'].low:.3f}" in page
    for value in run.card.provenance.values():
        assert value in page


def test_every_scored_or_dropped_attribute_is_named_in_both_languages(run, page):
    for name in run.card.attributes:
        assert run.origin.dictionary[name].label.zh in page
    for entry in run.learned.dropped:
        assert entry.reason.zh in page
        assert entry.reason.en in page
    assert "评分卡训练报告" in page


def test_texts_of_the_table_are_escaped(page):
    assert "甜瓜&lt;b&gt;" in page
    assert "<b>, " not in page


def test_pictures_are_the_same_bytes_every_time(run, pictures):
    assert (run_pictures(run), bin_pictures(run)) == pictures


def test_pictures_draw_no_letter_that_the_fonts_lack(run, pictures, monkeypatch):
    monkeypatch.setattr(plot_style, "_CHINESE", ())
    plot_style._font.cache_clear()
    plot_style._letters.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = bin_pictures(run)["作物"]
    assert "玉" not in drawn
    assert "group 1" in drawn
    plot_style._font.cache_clear()
    plot_style._letters.cache_clear()


def test_a_long_label_is_shortened():
    long = Text("长", "a label far too long for an axis")
    assert plot_style.drawable(long, "group 1") == "a label far too long …"


def test_an_attribute_whose_bins_are_all_average_can_be_drawn():
    row = BinRow(Text("任意", "any value"), 0, 100, 10, 1.0, 0.1, 0.0, 1.0)
    assert bins_plot([row]).count("<svg") == 1


def test_the_bin_table_adds_up_to_the_sample(run):
    for term in run.card.terms:
        rows = bin_rows(run.card, term, run.samples.development, run.samples.validation, 20.0)
        assert sum(row.rows for row in rows) == len(run.samples.development)
        assert sum(row.bads for row in rows) == run.samples.development.bads
        assert sum(row.share for row in rows) == pytest.approx(1)
        assert sum(row.share_now for row in rows) == pytest.approx(1)
        assert [row.points for row in rows] == term.points.tolist()


def test_bins_are_labelled_by_their_ranges_and_spellings(run):
    labels = bin_labels(run.card.bins["income"])
    assert labels[0].en.startswith("< ")
    assert [label.zh for label in labels[-2:]] == ["缺失", "超出范围"]
    assert bin_labels(run.card.bins["作物"])[-1].en == "rare or unknown"


def test_a_run_is_written_with_its_card_figures_and_pictures(run, tmp_path):
    write_run(run, tmp_path)
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert {"card/card.json", "card/card.manifest", "report.html", "evaluation.json"} <= found
    assert {"plots/roc.svg", "plots/bins/作物.svg"} <= found
    figures = figures_json(run)
    assert run.digest in figures
    assert '"baseline"' in figures
    assert "NaN" not in figures
