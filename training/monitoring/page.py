"""A monitoring run as files: the HTML page with its pictures, and the figures as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

from model.profile.dictionary import Text
from training.gates.verdict import json_fields
from training.monitoring.book import VintageCurve
from training.monitoring.early import EarlyRow
from training.monitoring.findings import Findings
from training.monitoring.outcomes import OutcomeRow
from training.monitoring.shift import AttributeShift, Shift, most_moved
from training.reports.page import html_page
from training.reports.parts import Picture
from training.reports.plots import (
    BAD,
    EARLIER,
    GOOD,
    GREY,
    Words,
    one_panel,
    percent,
    styled,
    svg,
)
from training.reports.record import metric_name
from training.settings import Settings

PAGE, FIGURES = "monitoring.html", "monitoring.json"
_LEVELS = {
    "act": Text("处理", "act"),
    "watch": Text("关注", "watch"),
    "none": Text("未测", "not measured"),
    "ok": Text("正常", "ok"),
}
_AGES = (3, 6, 9, 12, 15, 18, 21, 24)
_VILLAGES = 15


def write_findings(findings: Findings, folder: Path) -> None:
    """Write the page and the figures into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PAGE).write_text(monitoring_html(findings), encoding="utf-8")
    (folder / FIGURES).write_text(findings_json(findings), encoding="utf-8")


def findings_json(findings: Findings) -> str:
    """Return all findings as JSON; a value that could not be measured is null."""
    figures = {
        **tags(findings),
        "limits": dict(findings.limits.in_force),
        "alerts": [asdict(alert, dict_factory=json_fields) for alert in findings.alerts],
        "shift": asdict(findings.shift) if findings.shift else None,
        "migration": asdict(findings.migration),
        "vintage_curves": [asdict(curve) for curve in findings.curves],
        "outcomes": asdict(findings.outcomes),
        "early": [asdict(row) for row in findings.early],
    }
    return json.dumps(json_value(figures), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def tags(findings: Findings) -> dict[str, str]:
    """Return the dates and digests that identify the run."""
    return {
        "as_of": findings.as_of.isoformat(),
        "since": findings.since.isoformat(),
        "card_digest": findings.baseline.file.digest,
        "archive_digest": findings.archive_digest,
        "limits_digest": findings.limits.digest,
    }


def metrics(findings: Findings) -> dict[str, float]:
    """Return the numbers that a tracking server compares from run to run."""
    levels = [alert.level for alert in findings.alerts]
    values = {f"alerts/{level}": float(levels.count(level)) for level in ("watch", "act", "none")}
    values["migration/points"] = findings.migration.points
    values["migration/fallen"] = findings.migration.fallen
    if findings.shift is not None:
        values["psi/points"] = findings.shift.psi
        values |= {f"csi/{metric_name(a.attribute)}": a.csi for a in findings.shift.attributes}
    if findings.outcomes.fresh is not None:
        values["actual_over_expected"] = findings.outcomes.fresh.ratio
    if findings.early:
        values["early/foreseen"] = sum(row.foreseen for row in findings.early)
    return values


def json_value(value: Any) -> Any:
    """Return `value` as plain JSON; what could not be measured is None."""
    if isinstance(value, dict):
        return {str(key): json_value(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return json_value(value.tolist())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True)
class _ShiftRow:
    label: Text
    shift: AttributeShift
    bin: Text
    moved: float


def monitoring_html(findings: Findings) -> str:
    """Return the page with its pictures inside."""
    return html_page(
        "monitoring.html",
        findings=findings,
        levels=_LEVELS,
        wording=findings.baseline.file.card.wording,
        months=int(findings.limits["recent_months"]),
        bad_days=Settings().bad_days,
        ages=_AGES,
        shifts=_shift_rows(findings),
        villages=findings.outcomes.villages[:_VILLAGES],
        pictures={
            n: Picture(n, drawn).inline for n, drawn in monitoring_pictures(findings).items()
        },
    )


def _shift_rows(findings: Findings) -> list[_ShiftRow]:
    rows = []
    for each in findings.shift.attributes if findings.shift else ():
        label = findings.baseline.file.card.wording[each.attribute].label
        rows.append(_ShiftRow(label, each, *most_moved(findings.baseline, each)))
    return rows


def monitoring_pictures(findings: Findings) -> dict[str, str]:
    """Return the pictures by name; a picture without data is left out."""
    pictures = {}
    if findings.shift:
        pictures["points"] = shift_plot(findings.shift)
    if findings.curves:
        pictures["curves"] = curves_plot(findings.curves)
    if findings.outcomes.quarters:
        pictures["outcomes"] = outcomes_plot(findings.outcomes.quarters)
    if findings.early:
        pictures["early"] = early_plot(findings.early)
    return pictures


@styled()
def shift_plot(shift: Shift) -> str:
    """Return the share of borrowers by group of points, in development and now."""
    words = Words()
    figure, axes = one_panel(7.0, 3.0)
    x = np.arange(len(shift.then))
    axes.bar(x - 0.2, shift.then, 0.38, color=EARLIER, label=words("开发样本", "development"))
    axes.bar(x + 0.2, shift.now, 0.38, color=GOOD, label=words("现在", "now"))
    names = [f"≤ {cut}" for cut in shift.cuts] + [f"> {shift.cuts[-1]}" if shift.cuts else "all"]
    axes.set_xticks(x, names, rotation=30, ha="right")
    axes.set(xlabel=words("分数", "Points"), ylabel=words("借款人占比", "Share of borrowers"))
    percent(axes)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    return svg(figure, words)


@styled()
def curves_plot(curves: tuple[VintageCurve, ...]) -> str:
    """Return the vintage curves; younger quarters are darker."""
    words = Words()
    figure, axes = one_panel(7.6, 4.4)
    shades = mpl.colormaps["viridis_r"](np.linspace(0.15, 1.0, len(curves)))
    for curve, shade in zip(curves, shades, strict=True):
        age = np.arange(len(curve.bad))
        axes.plot(age, curve.bad, color=shade, lw=1.6, label=curve.quarter)
    axes.set(
        xlabel=words("放款后月数", "Months on book"),
        ylabel=words("曾成不良的贷款占比", "Share of loans ever bad"),
        xlim=(0, None),
    )
    axes.set_ylim(0, None)
    percent(axes)
    axes.legend(
        loc="upper left", bbox_to_anchor=(1.0, 1.0), title=words("放款季度", "disbursed in")
    )
    return svg(figure, words)


@styled()
def outcomes_plot(rows: tuple[OutcomeRow, ...]) -> str:
    """Return bads over expected bads by quarter of disbursement, with 95 % intervals."""
    words = Words()
    figure, axes = one_panel(7.0, 3.0)
    x = np.arange(len(rows))
    ratio = np.array([row.ratio for row in rows])
    spread = np.abs(np.array([[row.low, row.high] for row in rows]).T - ratio)
    axes.errorbar(x, ratio, yerr=spread, fmt="o", ms=5, lw=1.2, capsize=3, color=GOOD)
    axes.axhline(1, color=GREY, lw=0.8, ls="--")
    axes.set_xticks(x, [row.name for row in rows], rotation=30, ha="right")
    # Limit the axis so that a quarter with few loans does not flatten all others.
    axes.set_ylim(0, min(max(float(np.median(ratio + spread[1])) * 2.5, 2.0), 8.0))
    axes.set(
        xlabel=words("放款季度", "Disbursed in"),
        ylabel=words("实际不良 / 预期不良", "Bads / expected bads"),
    )
    return svg(figure, words)


@styled()
def early_plot(rows: tuple[EarlyRow, ...]) -> str:
    """Return by quarter the share of unripe loans that is bad already, forecast and expected."""
    words = Words()
    figure, axes = one_panel(7.0, 3.0)
    x = np.arange(len(rows))
    loans = np.array([row.loans for row in rows])
    foreseen = np.array([row.foreseen for row in rows]) / loans
    limits = np.array([[row.low, row.high] for row in rows]).T / loans
    axes.bar(
        x,
        foreseen,
        0.55,
        color=EARLIER,
        label=words("预估，附 95 % 区间", "forecast, with 95 % interval"),
    )
    axes.bar(
        x,
        np.array([row.bad for row in rows]) / loans,
        0.55,
        color=BAD,
        label=words("已成不良", "bad already"),
    )
    axes.errorbar(x, foreseen, yerr=np.abs(limits - foreseen), fmt="none", lw=1.2, capsize=3,
                  color=GREY)  # fmt: skip
    expected = np.array([row.expected for row in rows]) / loans
    axes.plot(
        x, expected, "D", ms=5, color=GOOD, label=words("申请时预期", "expected at application")
    )
    axes.set_xticks(x, [row.quarter for row in rows], rotation=30, ha="right")
    axes.set(
        xlabel=words("放款季度", "Disbursed in"),
        ylabel=words("最终不良占比", "Share that ends bad"),
    )
    percent(axes)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3)
    return svg(figure, words)
