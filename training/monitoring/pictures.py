"""Pictures of a monitoring run as SVG: points then and now, curves, outcomes, what is foreseen."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np

from training.monitoring.curves import VintageCurve
from training.monitoring.early import EarlyRow
from training.monitoring.findings import Findings
from training.monitoring.outcomes import OutcomeRow
from training.monitoring.shift import Shift
from training.plot_style import BAD, EARLIER, GOOD, GREY, one_panel, percent, styled, svg


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
