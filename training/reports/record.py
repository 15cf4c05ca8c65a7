"""Record a run: as files, and as the names and values that a tracking server lists."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from data.publishing.published_card import JUDGED
from model.card.card_file import write_card
from training.fairness.offers import OffersReport
from training.gates.evidence import (
    EVIDENCE,
    VALIDATION,
    Evidence,
    TrainingNotes,
    write_evidence,
)
from training.gates.judge import GATES, write_verdicts
from training.learn import digest_of, totals
from training.measures.baseline import points_baseline
from training.measures.cut_offs import Economics, economics_on
from training.measures.evaluate import Evaluation
from training.reports.parts import Section, pictures_of
from training.reports.plots import in_english
from training.reports.tables_workbook import write_tables
from training.reports.training_report import committee_html, report_html, report_sections
from training.reports.two_runs import FIGURES as FIGURES
from training.reports.versions import learners, versions
from training.run import UNSEEN, TrainedRun

REPORT, SUMMARY, TABLES = "report.html", "committee.html", "report.xlsx"


def write_run(run: TrainedRun, folder: Path, economics: Economics | None = None) -> None:
    """Write the files of `run` into `folder`; the card goes into its subfolder ``card``.

    The profits of the cut-off table follow `economics`; None: those in force when it was trained.
    """
    sections = report_sections(run, economics or _economics(run))
    write_card(folder / "card", run.card)
    (folder / REPORT).write_text(report_html(run, sections), encoding="utf-8")
    (folder / SUMMARY).write_text(committee_html(run, sections), encoding="utf-8")
    write_tables(sections, f"{run.card.name} · {run.digest[:16]}", folder / TABLES)
    (folder / FIGURES).write_text(figures_json(run), encoding="utf-8")
    evidence = evidence_of(run)
    write_evidence(folder, evidence)
    if run.gates is not None:
        write_verdicts(run.gates, folder)
    _write_pictures(folder / "plots", sections)


def _economics(run: TrainedRun) -> Economics:
    return economics_on(run.trained_at.date() if run.trained_at else date.max)


def write_card_folder(run: TrainedRun, folder: Path, written: Path) -> None:
    """Write the unsigned card into `folder`, and copy figures and evidence from `written`."""
    write_card(folder, run.card)
    for name in (FIGURES, REPORT, SUMMARY, TABLES, EVIDENCE, VALIDATION, GATES):
        if (written / name).exists():
            shutil.copyfile(written / name, folder / name)
    if (written / JUDGED).exists():
        shutil.copytree(written / JUDGED, folder / JUDGED, dirs_exist_ok=True)


def figures_json(run: TrainedRun) -> str:
    """Return the run's figures, and its baseline for monitoring, as JSON."""
    performance, rejects = run.performance, run.learned.reject_inference
    points = points_baseline(totals(run.card, run.samples.fitted))
    figures = {
        "card_digest": run.digest,
        "provenance": dict(run.card.provenance),
        "file": dict(run.origin.source.file),
        "validated_on": run.samples.validated_on,
        "evaluations": {n: _evaluation_figures(e) for n, e in performance.evaluations.items()},
        "psi": {"points": performance.points_psi, "attributes": dict(performance.attribute_psi)},
        "baseline": dict(performance.baseline),
        "points_baseline": {"cuts": points.cuts.tolist(), "shares": points.shares.tolist()},
        "vintages": [asdict(row) for row in run.origin.source.vintages],
        "dropped": [asdict(entry) for entry in run.learned.dropped],
        "notes": list(run.origin.source.notes),
        "trained_by": run.trained_by,
        "trained_at": run.trained_at.isoformat() if run.trained_at else None,
        "versions": versions(),
        "fairness": asdict(performance.fairness) if performance.fairness else None,
        "offers": _stated_offers(performance.offers),
        "reject_inference": asdict(rejects) if rejects else None,
    }
    return json.dumps(figures, ensure_ascii=False, indent=1) + "\n"


def _evaluation_figures(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "rows": evaluation.rows,
        "bads": evaluation.bad_rows,
        "measures": {name: asdict(interval) for name, interval in evaluation.measures.items()},
        "grades": [asdict(row) for row in evaluation.grades],
    }


def _write_pictures(folder: Path, sections: Sequence[Section]) -> None:
    for picture in pictures_of(sections):
        kind, _, name = picture.name.rpartition("/")
        (folder / kind).mkdir(parents=True, exist_ok=True)
        file = re.sub(r"[^\w.-]", "_", name)
        (folder / kind / f"{file}.svg").write_text(in_english(picture.svg), encoding="utf-8")


def evidence_of(run: TrainedRun) -> Evidence:
    """Return the evidence that the gates judge `run` by."""
    return Evidence(
        run.card, run.digest, _notes(run), run.samples.validation, run.performance.fairness,
        None if run.judged is run.card else run.judged,
    )  # fmt: skip


def _stated_offers(offers: OffersReport | None) -> dict[str, Any] | None:
    return None if offers is None else {**asdict(offers), "as_of": offers.as_of.isoformat()}


def _notes(run: TrainedRun) -> TrainingNotes:
    performance = run.performance
    return TrainingNotes(
        card_digest=run.digest,
        sample=run.samples.validated_on,
        trained_by=run.trained_by,
        source=run.origin.source.facts["source"],
        directions={name: run.origin.dictionary[name].direction for name in run.card.bins},
        points_psi=performance.points_psi,
        attribute_psi=dict(performance.attribute_psi),
        rounding_auc=performance.rounding.auc if performance.rounding else None,
        rounding_error=performance.rounding.auc_error if performance.rounding else 0.0,
        cut_off=performance.fairness.cut_off if performance.fairness else None,
        cross_validated_auc=_cross_validated_auc(performance.evaluations[UNSEEN]),
        judged_digest=None if run.judged is run.card else digest_of(run.judged),
        offer_gaps=_offer_gaps(performance.offers) if performance.offers else None,
    )


def _offer_gaps(offers: OffersReport) -> dict[str, dict[str, Any]]:
    return {
        each.attribute: {
            "group": each.widest.group,
            "value": each.widest.value,
            "low": each.widest.low,
            "high": each.widest.high,
            "sources": [source.attribute for source in each.sources],
        }
        for each in offers.attributes
        if each.widest is not None
    }


def _cross_validated_auc(unseen: Evaluation) -> tuple[float, float]:
    """Return the out-of-fold AUC and its standard error, from its 95 % interval."""
    auc = unseen.measures["auc"]
    return auc.value, (auc.high - auc.low) / (2 * 1.96)


def listed_parameters(run: TrainedRun) -> dict[str, str]:
    """Return the settings, the chosen candidate, and the versions of the learners' libraries."""
    settings = {name: str(value) for name, value in run.origin.settings.as_parameters().items()}
    chosen = {"candidate": run.learned.candidate, "attributes": str(len(run.card.attributes))}
    made_by = {f"version_{name}": version for name, version in learners().items()}
    return {**settings, **chosen, **made_by}


def listed_metrics(run: TrainedRun) -> dict[str, float]:
    """Return the measures with their intervals by sample, the shifts and the comparisons."""
    performance = run.performance
    measures = {
        f"{sample}/{name}{suffix}": value
        for sample, evaluation in performance.evaluations.items()
        for name, m in evaluation.measures.items()
        for suffix, value in (("", m.value), ("_low", m.low), ("_high", m.high))
    }
    shifts = {f"psi/{metric_name(name)}": psi for name, psi in performance.attribute_psi.items()}
    losses = {f"log_loss/{metric_name(name)}": x for name, x in run.learned.log_loss.items()}
    comparison = _comparison_metrics(run)
    return {**measures, **shifts, **losses, **comparison, "psi/points": performance.points_psi}


def _comparison_metrics(run: TrainedRun) -> dict[str, float]:
    metrics: dict[str, float] = {}
    if lost := run.performance.rounding:
        metrics |= {"rounding/auc_lost": lost.auc, "rounding/brier_added": lost.brier}
    if bought := run.comparison.pairs_bought:
        metrics |= {"pairs/auc_gained": bought.auc.value, "pairs/brier_added": bought.brier.value}
    if price := run.comparison.price:
        metrics |= {"price/auc_lost": price.auc, "price/brier_added": price.brier}
    return metrics


def metric_name(name: str) -> str:
    """Return `name` with the characters replaced that MLflow does not allow in a metric's name."""
    return re.sub(r"[^\w.\- /]", "_", name)
