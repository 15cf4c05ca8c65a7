"""``rongzi monitor`` on a simulated archive whose later months are known."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import numpy as np
import pytest
from click.testing import CliRunner

from cli.monitor import command
from data.publishing.run_summaries import run_summaries
from data.simulator import load_scenario, simulate
from data.storage.archive import Archive
from model.card.card_file import CardFile, write_card
from model.errors import TrainingError
from training.measures.baseline import Baseline, points_baseline
from training.measures.stability import bin_shares
from training.monitoring.book import loan_book, quarters, vintage_curves
from training.monitoring.early import early_rows
from training.monitoring.monitor import monitor
from training.monitoring.page import findings_json, metrics, write_findings
from training.monitoring.summary import monitoring_summary
from training.samples.vintages import BAD, UNRIPE, visible_rows
from training.settings import Settings

TRAINED, AS_OF, LATER = date(2022, 1, 1), date(2022, 7, 1), date(2023, 10, 1)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Enough members to compare a forecast made a year before the end with the truth."""
    folder = Archive(tmp_path_factory.mktemp("monitored"))
    simulate(load_scenario(), 5_000, 60, seed=54).write(folder)
    return folder


@pytest.fixture(scope="module")
def baseline(archive, member_card):
    """The hand-written card, as if trained on the archive's members of an earlier day."""
    from data.storage.profiles import columns_of, profile_as_of

    card = replace(member_card, provenance={"source": "archive", "as_of": TRAINED.isoformat()})
    columns = columns_of(profile_as_of(archive, TRAINED).select(list(card.attributes)))
    totals = card.total(card.points_by_attribute(card.codes(columns)))
    shares = {name: np.array(share) for name, share in bin_shares(card, columns).items()}
    return Baseline(CardFile(card, "0" * 64, None, None), shares, points_baseline(totals), 6_000)


@pytest.fixture(scope="module")
def found(archive, baseline):
    return monitor(archive, baseline, AS_OF, TRAINED, Settings())


def test_every_alert_has_a_level_and_a_raised_one_says_what_to_do(found):
    codes = {alert.code for alert in found.alerts}
    assert {"GRADES_FELL", "ACTUAL_AGAINST_EXPECTED", "EARLY_PERFORMANCE"} <= codes
    for alert in found.alerts:
        assert alert.finding.zh
        assert alert.finding.en
        if alert.level in ("act", "watch"):
            assert alert.value is not None
            assert alert.remedy.zh
            assert alert.remedy.en


def test_the_change_of_mean_points_is_made_of_its_attributes_exactly(found):
    made_of = sum(moved.points for moved in found.migration.attributes)
    assert made_of == pytest.approx(found.migration.points, abs=1e-9)
    by_county = sum(moved.points * moved.members for moved in found.migration.counties)
    assert by_county / found.migration.matrix.sum() == pytest.approx(found.migration.points)


def test_every_member_of_either_date_is_counted_once(found, archive):
    then, now = (len(visible_rows(archive, "members", ["member_id"], d)) for d in (TRAINED, AS_OF))
    assert found.migration.matrix.sum() + found.migration.left == then
    assert found.migration.matrix.sum() + found.migration.joined == now


def test_vintage_curves_never_fall_and_end_where_the_youngest_month_is(archive):
    book = loan_book(archive, AS_OF, Settings())
    curves = vintage_curves(book, 90)
    assert len(curves) >= 3
    for curve in curves:
        assert (np.diff(curve.bad) >= 0).all()
        youngest = book.loans.vintage[quarters(book.loans.vintage) == curve.quarter].max()
        assert len(curve.bad) == min((book.last - youngest).astype(int), 24) + 1


def test_a_curve_counts_the_loans_that_were_ever_that_late(archive):
    """Counted again loan by loan, in plain Python."""
    book = loan_book(archive, AS_OF, Settings())
    curve = vintage_curves(book, 90)[0]
    inside = quarters(book.loans.vintage) == curve.quarter
    bad = set()
    for loan, month, days in zip(book.loan, book.month, book.days, strict=True):
        age = (month - book.loans.vintage[loan]).astype(int)
        if inside[loan] and days >= 90 and age < len(curve.bad):
            bad.add(loan)
    assert curve.bad[-1] == pytest.approx(len(bad) / inside.sum())


def test_the_forecast_for_unripe_loans_comes_near_their_actual_outcome(archive):
    """The truth is the same loans' labels fifteen months on."""
    settings = Settings()
    book = loan_book(archive, AS_OF, settings)
    rows = early_rows(book, np.full(len(book.bullet), np.nan), seed=1)
    unripe = book.loans.loan_id[book.loans.label == UNRIPE].astype(str)
    later = loan_book(archive, LATER, settings).loans
    became = later.label[np.isin(later.loan_id.astype(str), unripe)]
    # A loan of two years whose principal falls due at its end ripens later still.
    assert (became == UNRIPE).mean() < 0.06
    bad = int((became == BAD).sum())
    foreseen = sum(row.foreseen for row in rows)
    already = sum(row.bad for row in rows)
    assert sum(row.loans for row in rows) == len(unripe)
    # Counting only what is bad already would miss most of them.
    assert already < bad / 2
    assert foreseen < 2 * bad
    assert sum(row.low for row in rows) <= bad <= sum(row.high for row in rows)


def test_outcomes_add_up_to_the_same_total_by_quarter_county_and_village(found):
    totals = {
        (sum(row.loans for row in rows), sum(row.bads for row in rows))
        for rows in (found.outcomes.quarters, found.outcomes.counties, found.outcomes.villages)
    }
    assert len(totals) == 1
    assert found.outcomes.fresh is not None
    assert found.outcomes.fresh.loans < totals.pop()[0]


class Headings(HTMLParser):
    """Collects the ids of second headings and whatever would be loaded."""

    def __init__(self, page):
        super().__init__()
        self.ids, self.loads = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if tag == "h2":
            self.ids.append(named["id"])
        if tag in ("script", "img", "iframe") or "src" in named:
            self.loads.append(tag)


def test_the_page_has_every_section_and_loads_nothing(found, tmp_path):
    write_findings(found, tmp_path)
    page = (tmp_path / "monitoring.html").read_text(encoding="utf-8")
    headings = Headings(page)
    assert headings.ids == [
        "alerts", "shift", "migration", "vintages", "outcomes", "early", "limits",
    ]  # fmt: skip
    assert not headings.loads
    assert len(page.encode()) < 3_000_000


def test_figures_are_strict_json_and_name_digests_and_limits(found):
    figures = json.loads(findings_json(found), parse_constant=pytest.fail)
    assert figures["card_digest"] == "0" * 64
    assert figures["limits"]["points_psi_watch"]["value"] == 0.1
    assert all({"told", "remedy"} <= set(alert) for alert in figures["alerts"])
    assert {"psi/points", "migration/points", "actual_over_expected"} <= set(metrics(found))


def test_a_summary_names_no_village_and_counts_no_place(found):
    told = monitoring_summary(found, datetime(2022, 7, 1, tzinfo=UTC), "0.2.0", None)
    told = json.loads(json.dumps(told, allow_nan=False))
    villages = [row.name for row in found.outcomes.villages]
    assert villages
    text = json.dumps(told, ensure_ascii=False)
    assert [name for name in villages if name in text] == []
    for row in told["outcomes"]["counties"]:
        assert row.keys() == {"name", "ratio", "low", "high"}
    worse = sum(alert.code == "PLACE_WORSE" for alert in found.alerts)
    assert (told["places_worse"], len(told["alerts"])) == (worse, len(found.alerts) - worse)


def test_a_summary_holds_the_migration_and_the_shift_as_found(found):
    told = monitoring_summary(found, datetime(2022, 7, 1, tzinfo=UTC), "0.2.0", None)
    assert told["migration"]["matrix"] == found.migration.matrix.tolist()
    for told_of, each in zip(told["shift"]["attributes"], found.shift.attributes, strict=True):
        assert told_of["now"] == each.now.tolist()
        assert len(told_of["bins"]) == len(each.now)


def test_a_card_of_a_flat_table_is_refused(archive, member_card, baseline):
    flat = replace(baseline, file=CardFile(member_card, "0" * 64, None, None))
    with pytest.raises(TrainingError, match="trained on a flat table"):
        monitor(archive, flat, AS_OF, TRAINED, Settings())


def written_beside(folder, baseline):
    """A card's folder as ``rongzi train --out`` leaves it."""
    digest = write_card(folder, baseline.file.card)
    points = {"cuts": baseline.points.cuts.tolist(), "shares": baseline.points.shares.tolist()}
    figures = {
        "card_digest": digest, "points_baseline": points,
        "baseline": {name: share.tolist() for name, share in baseline.attributes.items()},
        "evaluations": {"development": {"rows": baseline.rows}},
    }  # fmt: skip
    (folder / "evaluation.json").write_text(json.dumps(figures), encoding="utf-8")
    return digest


def run(*options):
    return CliRunner().invoke(command, [str(o) for o in options], catch_exceptions=False)


def test_the_command_writes_the_report_and_tracks_it(archive, baseline, tmp_path):
    from mlflow import MlflowClient

    from training.tracking.runs import MONITORING, store_uri

    digest = written_beside(tmp_path / "card", baseline)
    result = run(
        "--archive", archive.folder, "--as-of", "2022-07-01", "--card", tmp_path / "card",
        "--mlruns", tmp_path / "mlruns", "--out", tmp_path / "out", "--home", tmp_path / "home",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert digest[:16] in result.output
    (summary,) = run_summaries(tmp_path / "home", "monitoring")
    assert (summary.fault, summary.content["card_digest"]) == (None, digest)
    assert summary.id in result.output
    client = MlflowClient(store_uri(tmp_path / "mlruns"))
    experiment = client.get_experiment_by_name(MONITORING)
    (tracked,) = client.search_runs([experiment.experiment_id])
    assert tracked.data.tags["card_digest"] == digest
    assert "psi/points" in tracked.data.metrics
    assert "2021-07-01 → 2022-07-01" in tracked.data.tags["mlflow.note.content"]
    (data,) = tracked.inputs.dataset_inputs
    assert data.dataset.digest.startswith(archive.digest()[:16])
    assert {"as_of": "2022-07-01", "data_digest": archive.digest()}.items() <= {
        tag.key: tag.value for tag in data.tags
    }.items()
    stored = {item.path for item in client.list_artifacts(tracked.info.run_id)}
    assert stored == {"monitoring.html", "monitoring.json"}


def test_figures_of_another_card_are_refused(archive, baseline, tmp_path):
    written_beside(tmp_path / "card", baseline)
    figures = tmp_path / "card" / "evaluation.json"
    written = json.loads(figures.read_text(encoding="utf-8"))
    figures.write_text(json.dumps({**written, "card_digest": "1" * 64}), encoding="utf-8")
    with pytest.raises(TrainingError, match="its figures are of card 1111"):
        run("--archive", archive.folder, "--as-of", "2022-07-01", "--card", tmp_path / "card")
    figures.unlink()
    with pytest.raises(TrainingError, match="so there is no baseline"):
        run("--archive", archive.folder, "--as-of", "2022-07-01", "--card", tmp_path / "card",
            "--mlruns", tmp_path / "none")  # fmt: skip
