"""The report and its pictures: complete, offline, in both languages, repeatable."""

import hashlib
import json
import re
import warnings
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rfc8785

from model.card.bin_labels import bin_labels
from model.card.card_file import CardFile
from model.profile.dictionary import Text
from training.binning.evidence import BinRow, bin_rows
from training.measures.cut_offs import Economics, economics_on
from training.measures.evaluate import Interval
from training.promote import judge_run
from training.reports import plots as plot_style
from training.reports.bin_plots import bins_plot
from training.reports.parts import Points, tables_of
from training.reports.record import figures_json, write_run
from training.reports.run_summary import run_summary
from training.reports.sections.attributes import FEW_ROWS
from training.reports.sections.quality import ordered_codes
from training.reports.tables_workbook import write_tables
from training.reports.training_report import report_html, report_sections
from training.settings import Settings
from training.train import train_table

ROWS = 1200
ECONOMICS = economics_on(date(2026, 1, 1))


def a_table(folder, name="loans"):
    rng = np.random.default_rng(2)
    income, crop = rng.normal(size=ROWS), rng.choice(["小麦", "玉米", "甜瓜<b>"], ROWS)
    kind = rng.integers(1, 5, ROWS)
    bad = rng.random(ROWS) < 1 / (1 + np.exp(1.5 + income - (crop == "玉米") + 0.4 * kind - 1))
    columns = {"income": income, "kind": kind, "作物": crop.tolist(), "坏": bad.astype(int)}
    path = folder / f"{name}.parquet"
    pq.write_table(pa.table(columns), path)
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = a_table(tmp_path_factory.mktemp("table"))
    trained = train_table(path, "坏", Settings(family="woe", resamples=50))
    at = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    return judge_run(replace(trained, trained_by="Trainer", trained_at=at), None, at.date())


@pytest.fixture(scope="module")
def sections(run):
    return report_sections(run, ECONOMICS)


@pytest.fixture(scope="module")
def page(run, sections):
    return report_html(run, sections)


def tables(sections):
    return {table.name: table for _, table in tables_of(sections)}


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


def test_the_page_says_who_trained_the_card_when_and_with_what(run, page):
    assert "Trainer" in page
    assert "2026-03-01 09:30:00+00:00" in page
    for name in ("scikit-learn", "Python", "rongzi-e"):
        assert name in page


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


def test_the_same_run_gives_the_same_page(run, page):
    assert report_html(run, report_sections(run, ECONOMICS)) == page


def test_a_card_that_was_fitted_again_says_whose_figures_these_are(run, sections, page):
    assert run.judged is not run.card
    assert "the figures are of the fit before" in page
    shown = {row[0].en: row[1] for row in tables(sections)["training"].rows}
    assert shown["rows the card learned from"] == f"{len(run.samples.fitted):,}"
    alone = replace(run, judged=run.card)
    assert "the figures are of the fit before" not in report_html(
        alone, report_sections(alone, ECONOMICS)
    )


def test_where_no_cut_off_earns_the_report_does_not_speak_of_profit(run):
    dear = report_sections(run, Economics(0.001, 0.9))
    remarks = {row[-1].en for row in tables(dear)["strategy"].rows}
    assert any("least loss" in remark for remark in remarks)
    assert not any("highest profit" in remark for remark in remarks)
    assert "At these assumptions no cut-off earns" in report_html(run, dear)


def test_only_settings_that_shaped_the_card_are_shown(run, sections):
    shown = {row[0] for row in tables(sections)["settings"].rows}
    assert {"seed", "penalties", "hold_out_share", "least_iv"} <= shown
    # Of another family, of an archive, of reject inference.
    assert not {"most_derived", "window_months", "out_of_time_share", "reject_prudence"} & shown
    boosted = replace(run.origin, settings=replace(run.origin.settings, family="boosted"))
    others = report_sections(replace(run, origin=boosted), ECONOMICS)
    shown = {row[0] for row in tables(others)["settings"].rows}
    assert "most_derived" in shown
    assert not {"penalties", "least_iv", "most_correlation", "least_bin_share"} & shown


def test_codes_taken_as_ordered_are_named(run, page):
    assert ordered_codes(run) == ("kind",)
    assert "and the card takes them as ordered: kind" in page


def test_bins_with_few_rows_are_marked(run, sections, page):
    named = tables(sections)
    for term in run.card.terms:
        table = named[f"bins {term.attributes[0]}"]
        for row in table.rows:
            points = next(cell for cell in row if isinstance(cell, Points))
            assert points.is_few == (points.rows < FEW_ROWS)
            assert points.rows == row[2]
    # No value is missing, so that bin has no rows.
    assert "<sup>†</sup>" in page


def test_the_checklist_is_filled_from_the_run(run, sections):
    answers = {row[1].en: (row[2].en, row[3]) for row in tables(sections)["checklist"].rows}
    held = run.samples.validation.bads
    assert f"{held} in validation" in answers["Are there enough bads?"][0]
    assert answers["Are codes taken as ordered?"] == ("kind: taken as ordered.", "flag")
    assert answers["Do the rows stand for future applicants?"][1] == "open"
    rank = next(v for v in run.gates.verdicts if v.gate == "AUC_ABOVE_CHANCE")
    assert answers["Does it rank rows it never saw?"] == (rank.finding.en, rank.status)
    topics = {row[0].en for row in tables(sections)["checklist"].rows}
    assert topics == {"Data", "Concept", "Outcomes", "Monitoring", "Limits"}


def test_what_changed_since_the_champion_is_told_on_the_same_rows(run, tmp_path):
    settings = Settings(family="woe", resamples=20, penalties=(0.01,), most_bins=3)
    other = train_table(a_table(tmp_path), "坏", settings)
    champion = CardFile(other.card, other.digest, "Approver", "2026-01-01")
    judged = judge_run(run, champion, date(2026, 3, 1))
    found = tables(report_sections(judged, ECONOMICS))
    auc = found["beside_rows"].rows[0]
    gate = next(v for v in judged.gates.verdicts if v.gate == "AUC_AGAINST_CHAMPION")
    assert auc[3].value == pytest.approx(-gate.value)
    changes = {row[0].en: row[3].en for row in found["beside_attributes"].rows}
    assert changes["income"] == "points changed"
    moved = sum(sum(row[1:]) for row in found["beside_grades"].rows)
    assert moved == len(run.samples.validation)


def test_a_champion_of_other_data_is_not_compared_on_the_rows(run, member_card):
    champion = CardFile(member_card, "c" * 64, "Approver", "2026-01-01")
    found = tables(report_sections(replace(run, champion=champion), ECONOMICS))
    assert "beside_rows" not in found
    assert {row[3].en for row in found["beside_attributes"].rows} == {"added", "removed"}


def test_the_workbook_has_every_table_with_its_numbers(run, sections, tmp_path):
    write_tables(sections, "card & digest", tmp_path / "report.xlsx")
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    with_tables = {section.name for section, _ in tables_of(sections)}
    assert len(book.sheetnames) == len(with_tables)
    cells = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]
    numbers = {round(value, 6) for value in cells if isinstance(value, int | float)}
    for _, table in tables_of(sections):
        assert any(str(value).startswith(table.title.zh) for value in cells)
        for value in (cell for row in table.rows for cell in row):
            if isinstance(value, Interval) and np.isfinite(value.value):
                assert {round(end, 6) for end in (value.value, value.low, value.high)} <= numbers
    assert not [value for value in cells if str(value).startswith("=")]


def test_pictures_draw_no_letter_that_the_fonts_lack(run, monkeypatch):
    monkeypatch.setattr(plot_style, "_CHINESE", ())
    plot_style._font.cache_clear()
    plot_style._letters.cache_clear()
    term = next(term for term in run.card.terms if term.attributes == ("作物",))
    rows = bin_rows(run.card, term, run.samples.development, run.samples.validation, 20.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = bins_plot(rows)
    assert "玉" not in drawn
    assert "group 1" in drawn
    plot_style._font.cache_clear()
    plot_style._letters.cache_clear()


def test_a_long_label_is_shortened():
    long = Text("长", "a label far too long for an axis of a picture")
    assert plot_style.drawable(long, "group 1") == "a label far too long for an…"


def test_a_picture_of_its_own_is_in_english(run, tmp_path):
    write_run(run, tmp_path, ECONOMICS)
    drawn = (tmp_path / "plots" / "ks.svg").read_text(encoding="utf-8")
    assert "Share at or below" in drawn
    assert 'lang="zh"' not in drawn


def test_an_attribute_whose_bins_are_all_average_can_be_drawn():
    row = BinRow(Text("任意", "any value"), 0, 100, 10, 1.0, 0.1, 0.0, 1.0)
    assert bins_plot([row]).count("<svg") == 1


def test_the_bin_table_adds_up_to_the_sample(run):
    for term in run.card.terms:
        rows = bin_rows(run.card, term, run.samples.fitted, run.samples.validation, 20.0)
        assert sum(row.rows for row in rows) == len(run.samples.fitted)
        assert sum(row.bads for row in rows) == run.samples.fitted.bads
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
    assert {"committee.html", "report.xlsx"} <= found
    assert {"plots/roc.svg", "plots/bins/作物.svg"} <= found
    figures = figures_json(run)
    assert run.digest in figures
    assert '"baseline"' in figures
    assert '"trained_at": "2026-03-01T09:30:00+00:00"' in figures
    assert "NaN" not in figures


def test_a_summary_is_plain_json_with_the_card_and_what_the_run_measured(run):
    told = run_summary(run, "0.2.0", None)
    parsed = json.loads(json.dumps(told, allow_nan=False))
    assert hashlib.sha256(rfc8785.dumps(parsed["card"])).hexdigest() == run.digest
    assert (parsed["made_by"], parsed["made_at"]) == ("Trainer", "2026-03-01T09:30:00+00:00")
    assert parsed["outcome"]["en"] == "bad where column “坏” is “1”"
    assert parsed["period"] is None
    for sample in parsed["samples"]:
        auc = run.performance.evaluations[sample["sample"]].measures["auc"]
        assert sample["measures"]["auc"] == {"value": auc.value, "low": auc.low, "high": auc.high}
    gates = {gate["gate"]: (gate["status"], gate["limit"]) for gate in parsed["gates"]["verdicts"]}
    assert gates == {v.gate: (v.status, v.limit) for v in run.gates.verdicts}


def test_a_summary_tells_of_each_bin_what_the_report_tells(run):
    (income,) = [e for e in run_summary(run, "", None)["attributes"] if e["attribute"] == "income"]
    (term,) = [t for t in run.card.terms if t.attributes == ("income",)]
    rows = bin_rows(run.card, term, run.samples.fitted, run.samples.validation, 20.0)
    assert income["woe"] == [row.woe for row in rows]
    assert income["share"] == pytest.approx([row.share for row in rows])
    assert (income["least_points"], income["most_points"]) == (term.points.min(), term.points.max())
