"""The report of a training run: its sections in the order a validator reads them, and its pages."""

from __future__ import annotations

from collections.abc import Sequence

from model.profile.dictionary import Text
from training.measures.cut_offs import Economics
from training.reports.page import sections_page
from training.reports.parts import Section
from training.reports.sections.attributes import card_section, left_out_section, pairs_section
from training.reports.sections.beside import champion_section
from training.reports.sections.checklist import checklist_section
from training.reports.sections.committee import committee_section
from training.reports.sections.comparison import comparison_section
from training.reports.sections.cut_offs import cut_offs_section
from training.reports.sections.data import data_section
from training.reports.sections.discrimination import discrimination_section, stability_section
from training.reports.sections.fairness import fairness_section, reject_section
from training.reports.sections.gates import gates_section
from training.reports.sections.limitations import limitations_section
from training.reports.sections.quality import quality_section
from training.reports.sections.settings import settings_section
from training.run import TrainedRun

_TITLE = Text("评分卡训练报告", "Scorecard training report")
_SUMMARY = Text("评分卡：委员会摘要", "Scorecard: summary for the committee")


def report_sections(run: TrainedRun, economics: Economics) -> list[Section]:
    """Return every section of the report of `run`, the committee's summary first."""
    return [
        committee_section(run, economics),
        gates_section(run),
        champion_section(run),
        data_section(run),
        quality_section(run),
        discrimination_section(run),
        cut_offs_section(run, economics),
        stability_section(run),
        comparison_section(run),
        card_section(run),
        pairs_section(run),
        left_out_section(run),
        fairness_section(run),
        reject_section(run),
        limitations_section(run),
        checklist_section(run),
        settings_section(run),
    ]


def report_html(run: TrainedRun, sections: Sequence[Section]) -> str:
    """Return the page of all `sections`."""
    return sections_page(_TITLE, identity(run), sections)


def committee_html(run: TrainedRun, sections: Sequence[Section]) -> str:
    """Return the committee's summary alone, one page of A4."""
    return sections_page(_SUMMARY, identity(run), sections[:1])


def identity(run: TrainedRun) -> Text:
    """Return which card this is, who trained it and when, in one line."""
    at = run.trained_at.isoformat(sep=" ", timespec="minutes") if run.trained_at else ""
    by = run.trained_by or "—"
    return Text(
        f"{run.card.name} · {run.digest} · 训练 {by} {at}",
        f"{run.card.name} · {run.digest} · trained by {by} {at}",
    )
