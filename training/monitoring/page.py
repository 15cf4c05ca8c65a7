"""A monitoring run as one self-contained HTML page.

Pictures of a monitoring run as SVG: points then and now, curves, outcomes, what is foreseen.

A monitoring run as files, and as the flat numbers a tracking server lists.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

from model.profile.dictionary import Text
from training.monitoring.book import VintageCurve
from training.monitoring.early import EarlyRow
from training.monitoring.findings import Findings
from training.monitoring.outcomes import OutcomeRow
from training.monitoring.shift import AttributeShift, Shift, most_moved
from training.reports.page import html_page, inline
from training.reports.plots import BAD, EARLIER, GOOD, GREY, one_panel, percent, styled, svg
from training.settings import Settings


def monitoring_pictures(found: Findings) -> dict[str, str]:
    """Return the pictures there is something to draw in, by name."""
    drawn = {}
    if found.shift:
        drawn["points"] = shift_plot(found.shift)
    if found.curves:
        drawn["curves"] = curves_plot(found.curves)
    if found.outcomes.quarters:
        drawn["outcomes"] = outcomes_plot(found.outcomes.quarters)
    if found.early:
        drawn["early"] = early_plot(found.early)
    return drawn


@styled()
def shift_plot(shift: Shift) -> str:
    """Return the share of borrowers by group of points, in development and now."""
    figure, axes = one_panel(7.0, 3.0)
    place = np.arange(len(shift.then))
    axes.bar(place - 0.2, shift.then, 0.38, color=EARLIER, label="development")
    axes.bar(place + 0.2, shift.now, 0.38, color=GOOD, label="now")
    names = [f"≤ {cut}" for cut in shift.cuts] + [f"> {shift.cuts[-1]}" if shift.cuts else "all"]
    axes.set_xticks(place, names, rotation=30, ha="right")
    axes.set(xlabel="Points", ylabel="Share of borrowers")
    percent(axes)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    return svg(figure)


@styled()
def curves_plot(curves: tuple[VintageCurve, ...]) -> str:
    """Return the vintage curves, named at their ends; the younger the darker."""
    figure, axes = one_panel(7.6, 4.4)
    shades = mpl.colormaps["viridis_r"](np.linspace(0.15, 1.0, len(curves)))
    for curve, shade in zip(curves, shades, strict=True):
        age = np.arange(len(curve.bad))
        axes.plot(age, curve.bad, color=shade, lw=1.6, label=curve.quarter)
    axes.set(xlabel="Months on book", ylabel="Share of loans ever bad", xlim=(0, None))
    axes.set_ylim(0, None)
    percent(axes)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), title="disbursed in")
    return svg(figure)


@styled()
def outcomes_plot(rows: tuple[OutcomeRow, ...]) -> str:
    """Return bads over expected bads by quarter of disbursement, with 95 % intervals."""
    figure, axes = one_panel(7.0, 3.0)
    place = np.arange(len(rows))
    ratio = np.array([row.ratio for row in rows])
    spread = np.abs(np.array([[row.low, row.high] for row in rows]).T - ratio)
    axes.errorbar(place, ratio, yerr=spread, fmt="o", ms=5, lw=1.2, capsize=3, color=GOOD)
    axes.axhline(1, color=GREY, lw=0.8, ls="--")
    axes.set_xticks(place, [row.name for row in rows], rotation=30, ha="right")
    # One quarter with a handful of loans must not flatten all others.
    axes.set_ylim(0, min(max(float(np.median(ratio + spread[1])) * 2.5, 2.0), 8.0))
    axes.set(xlabel="Disbursed in", ylabel="Bads / expected bads")
    return svg(figure)


@styled()
def early_plot(rows: tuple[EarlyRow, ...]) -> str:
    """Return unripe loans by quarter: bad already, foreseen with an interval, expected before."""
    figure, axes = one_panel(7.0, 3.0)
    place = np.arange(len(rows))
    loans = np.array([row.loans for row in rows])
    foreseen = np.array([row.foreseen for row in rows]) / loans
    limits = np.array([[row.low, row.high] for row in rows]).T / loans
    axes.bar(place, foreseen, 0.55, color=EARLIER, label="foreseen, with 95 % interval")
    axes.bar(
        place, np.array([row.bad for row in rows]) / loans, 0.55, color=BAD, label="bad already"
    )
    axes.errorbar(place, foreseen, yerr=np.abs(limits - foreseen), fmt="none", lw=1.2, capsize=3,
                  color=GREY)  # fmt: skip
    expected = np.array([row.expected for row in rows]) / loans
    axes.plot(place, expected, "D", ms=5, color=GOOD, label="expected at application")
    axes.set_xticks(place, [row.quarter for row in rows], rotation=30, ha="right")
    axes.set(xlabel="Disbursed in", ylabel="Share that ends bad")
    percent(axes)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3)
    return svg(figure)


_LEVELS = {
    "act": Text("处理", "act"),
    "watch": Text("关注", "watch"),
    "none": Text("未测", "not measured"),
    "ok": Text("正常", "ok"),
}
_AGES = (3, 6, 9, 12, 15, 18, 21, 24)
_VILLAGES = 15


@dataclass(frozen=True)
class _ShiftRow:
    label: Text
    shift: AttributeShift
    bin: Text
    moved: float


def monitoring_html(found: Findings) -> str:
    """Return the page of what was found, its pictures inside."""
    return html_page(
        "monitoring.html",
        found=found,
        levels=_LEVELS,
        wording=found.baseline.file.card.wording,
        months=int(found.limits["recent_months"]),
        bad_days=Settings().bad_days,
        ages=_AGES,
        shifts=_shift_rows(found),
        villages=found.outcomes.villages[:_VILLAGES],
        pictures={name: inline(svg) for name, svg in monitoring_pictures(found).items()},
    )


def _shift_rows(found: Findings) -> list[_ShiftRow]:
    rows = []
    for each in found.shift.attributes if found.shift else ():
        zh, en, moved = most_moved(found.baseline, each)
        label = found.baseline.file.card.wording[each.attribute].label
        rows.append(_ShiftRow(label, each, Text(zh, en), moved))
    return rows


PAGE, FIGURES = "monitoring.html", "monitoring.json"


def write_findings(found: Findings, folder: Path) -> None:
    """Write the page and the figures of `found` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PAGE).write_text(monitoring_html(found), encoding="utf-8")
    (folder / FIGURES).write_text(findings_json(found), encoding="utf-8")


def findings_json(found: Findings) -> str:
    """Return everything found, as JSON; what could not be measured is null."""
    figures = {
        **tags(found),
        "limits": dict(found.limits.in_force),
        "alerts": [asdict(alert) for alert in found.alerts],
        "shift": asdict(found.shift) if found.shift else None,
        "migration": asdict(found.migration),
        "vintage_curves": [asdict(curve) for curve in found.curves],
        "outcomes": asdict(found.outcomes),
        "early": [asdict(row) for row in found.early],
    }
    return json.dumps(_plain(figures), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def tags(found: Findings) -> dict[str, str]:
    """Return what the run was about."""
    return {
        "as_of": found.as_of.isoformat(),
        "since": found.since.isoformat(),
        "card_digest": found.baseline.file.digest,
        "archive_digest": found.archive_digest,
        "limits_digest": found.limits.digest,
    }


def metrics(found: Findings) -> dict[str, float]:
    """Return the numbers worth comparing from run to run."""
    levels = [alert.level for alert in found.alerts]
    listed = {f"alerts/{level}": float(levels.count(level)) for level in ("watch", "act", "none")}
    listed["migration/points"] = found.migration.points
    listed["migration/fallen"] = found.migration.fallen
    if found.shift is not None:
        listed["psi/points"] = found.shift.psi
        listed |= {f"csi/{_listed(a.attribute)}": a.csi for a in found.shift.attributes}
    if found.outcomes.fresh is not None:
        listed["actual_over_expected"] = found.outcomes.fresh.ratio
    if found.early:
        listed["early/foreseen"] = sum(row.foreseen for row in found.early)
    return listed


def _listed(name: str) -> str:
    # MLflow takes letters, digits and a few signs in a metric's name.
    return re.sub(r"[^\w.\- /]", "_", name)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value.isoformat() if isinstance(value, date) else value
