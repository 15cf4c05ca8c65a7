"""Pictures of a run as SVG: discrimination, calibration, points, bins.

How pictures look: colours told apart by all, letters the fonts have, repeatable SVG.

Every picture of a run, by file name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.ticker import PercentFormatter

from model.card.bins import Floats
from model.card.scorecard import Card
from model.profile.dictionary import Text
from training.binning.evidence import BinRow, bin_rows
from training.learn import DEVELOPMENT, UNSEEN, TrainedRun
from training.measures.calibration import equal_groups, jeffreys_interval
from training.measures.evaluate import Evaluation

#: Fonts that can draw Chinese, by the systems they come with; the first one present is used.
_CHINESE = (
    "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
    "Microsoft YaHei", "SimHei", "PingFang SC", "Heiti SC", "Arial Unicode MS",
)  # fmt: skip
_FALLBACK = "DejaVu Sans"

#: Told apart without colour vision too (Okabe & Ito 2008), and in grey print.
GOOD, BAD, EARLIER, GREY = "#0072B2", "#D55E00", "#8FB8D6", "#6B6B6B"
_LONGEST = 22


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the house style, leaving matplotlib's own settings as they were."""
    style = {
        "font.family": [_font(), _FALLBACK], "font.size": 8.5, "axes.titlesize": 8.5,
        "legend.frameon": False, "svg.fonttype": "none", "svg.hashsalt": "rongzi-e",
    }  # fmt: skip
    with mpl.rc_context(style):
        yield


def one_panel(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure of `width` by `height` inches with one plain panel."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    plain(axes)
    return figure, axes


def plain(axes: Axes) -> None:
    """Leave only the lines that are read."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#E3E3E3", lw=0.6)
    axes.set_axisbelow(True)


def percent(axes: Axes, both: bool = False) -> None:
    """Write the upright axis in percent, or both axes."""
    for axis in (axes.yaxis, axes.xaxis) if both else (axes.yaxis,):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=None))


def svg(figure: Figure) -> str:
    """Return `figure` as SVG; the same figure gives the same text."""
    drawn = BytesIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    return drawn.getvalue().decode()


def drawable(label: Text, otherwise: str) -> str:
    """Return the English label, shortened, if the fonts at hand have its letters, else `otherwise`.

    A letter no font has would be drawn as an empty box; the report's table tells what it holds.
    """
    if not all(ord(letter) in _letters() for letter in label.en):
        return otherwise
    return label.en if len(label.en) <= _LONGEST else label.en[: _LONGEST - 1] + "…"


@cache
def _font() -> str:
    present = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in _CHINESE if name in present), _FALLBACK)


@cache
def _letters() -> frozenset[int]:
    fonts = [font_manager.findfont(name) for name in {_font(), _FALLBACK}]
    return frozenset(c for font in fonts for c in FT2Font(Path(font)).get_charmap())


_GROUPS = 10


@styled()
def roc_plot(curves: dict[str, Evaluation]) -> str:
    """Return the ROC curves of the named samples, with their AUC and its interval."""
    figure, axes = one_panel(4.6, 4.6)
    for (name, found), colour in zip(curves.items(), (GOOD, EARLIER, GREY), strict=False):
        area = found.measures["auc"]
        label = f"{name}: AUC {area.value:.3f} ({area.low:.3f}–{area.high:.3f})"
        axes.plot(*_cumulative(found.goods, found.bads), color=colour, lw=1.8, label=label)
    axes.plot([0, 1], [0, 1], color=GREY, lw=0.8, ls=":")
    axes.set(xlabel="Share of goods at or below the points", xlim=(0, 1), ylim=(0, 1))
    axes.set_ylabel("Share of bads at or below the points")
    axes.legend(loc="lower right")
    return svg(figure)


@styled()
def ks_plot(found: Evaluation) -> str:
    """Return the cumulative shares of goods and bads by points, and their largest gap."""
    figure, axes = one_panel(5.6, 3.8)
    goods, bads = _cumulative(found.goods, found.bads)
    at = int(np.argmax(np.abs(bads - goods)[1:]))
    axes.step(found.points, bads[1:], where="post", color=BAD, lw=1.8, label="bads")
    axes.step(found.points, goods[1:], where="post", color=GOOD, lw=1.8, label="goods")
    axes.plot([found.points[at]] * 2, [goods[at + 1], bads[at + 1]], color=GREY, lw=1.2)
    note = f"KS {found.measures['ks'].value:.3f} at {found.points[at]} points"
    axes.set_title(note, loc="left", color=GREY)
    axes.set(xlabel="Points", ylabel="Share at or below", ylim=(0, 1))
    axes.legend(loc="upper left")
    return svg(figure)


@styled()
def calibration_plot(card: Card, curves: dict[str, Evaluation]) -> str:
    """Return observed against expected bad rates in ten equal groups, with 95 % intervals."""
    figure, axes = one_panel(4.6, 4.6)
    top = 0.0
    for (name, found), colour in zip(curves.items(), (GOOD, EARLIER), strict=False):
        expected, observed, spread = _groups(card, found)
        axes.errorbar(
            expected,
            observed,
            yerr=spread,
            fmt="o",
            ms=4,
            lw=1,
            capsize=2,
            color=colour,
            label=name,
        )
        top = max(top, float(expected.max()), float((observed + spread[1]).max()))
    axes.plot([0, 1], [0, 1], color=GREY, lw=0.8, ls=":")
    axes.set(xlim=(0, top * 1.04), ylim=(0, top * 1.04))
    axes.set(xlabel="Expected bad rate (PD)", ylabel="Observed bad rate")
    percent(axes, both=True)
    axes.legend(loc="upper left")
    return svg(figure)


@styled()
def points_plot(found: Evaluation) -> str:
    """Return how goods and bads are spread over points, each class adding up to one."""
    figure, axes = one_panel(5.6, 3.6)
    edges = np.histogram_bin_edges(found.points, bins=min(40, max(10, len(found.points))))
    for counts, colour, name in ((found.goods, GOOD, "goods"), (found.bads, BAD, "bads")):
        shares = counts / counts.sum()
        label = f"{name} ({counts.sum():,.0f})"
        axes.hist(
            found.points, edges.tolist(), weights=shares, label=label,
            color=colour, edgecolor=colour, alpha=0.35, histtype="stepfilled", lw=1.4,
        )  # fmt: skip
    axes.set(xlabel="Points", ylabel="Share of the class")
    percent(axes)
    axes.legend(loc="upper left")
    return svg(figure)


@styled()
def bins_plot(rows: Sequence[BinRow]) -> str:
    """Return one attribute's bins: WoE with its points above, shares then and now below."""
    shown = [row for row in rows if row.rows or row.share_now]
    figure = Figure(figsize=(5.8, 3.4), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    place = np.arange(len(shown))
    _woe_bars(upper, shown)
    lower.bar(place - 0.2, [row.share for row in shown], 0.38, color=EARLIER, label="development")
    lower.bar(place + 0.2, [row.share_now for row in shown], 0.38, color=GREY, label="validation")
    lower.set_ylabel("Share")
    percent(lower)
    lower.legend(loc="lower left", bbox_to_anchor=(0, 0.97), ncols=2, borderaxespad=0)
    names = [drawable(row.label, f"group {i + 1}") for i, row in enumerate(shown)]
    lower.set_xticks(place, names, rotation=20, ha="right")
    for axes in (upper, lower):
        plain(axes)
    return svg(figure)


def _woe_bars(axes: Axes, rows: Sequence[BinRow]) -> None:
    woe = np.array([row.woe for row in rows])
    place = np.arange(len(rows))
    axes.bar(place, woe, 0.6, color=np.where(woe > 0, BAD, GOOD))
    axes.axhline(0, color=GREY, lw=0.8)
    room = 0.16 * max(float(np.ptp(woe)), 0.1)
    axes.set_ylim(min(woe.min(), 0) - room, max(woe.max(), 0) + room)
    for x, row in zip(place, rows, strict=True):
        above = row.woe >= 0
        axes.annotate(
            f"{row.points}", (x, row.woe), xytext=(0, 2 if above else -2),
            textcoords="offset points", ha="center", va="bottom" if above else "top",
        )  # fmt: skip
    axes.set_ylabel("WoE ln(bad/good)")
    axes.set_title("bars: WoE, above 0 riskier; numbers: points", loc="left", color=GREY)


def _cumulative(goods: Floats, bads: Floats) -> tuple[Floats, Floats]:
    """Return cumulative shares of goods and bads from no points up, shape (points + 1,) each."""
    good, bad = (np.concatenate([[0.0], np.cumsum(c) / c.sum()]) for c in (goods, bads))
    return good, bad


def _groups(card: Card, found: Evaluation) -> tuple[Floats, Floats, Floats]:
    rows, pd = found.goods + found.bads, card.pd(found.points)
    group = equal_groups(rows, _GROUPS)
    sums = np.array(
        [[c[group == g].sum() for g in np.unique(group)] for c in (rows, rows * pd, found.bads)]
    )
    expected, observed = sums[1] / sums[0], sums[2] / sums[0]
    limits = np.array([jeffreys_interval(b, n) for n, _, b in sums.T]).T
    return expected, observed, np.abs(limits - observed)


def run_pictures(run: TrainedRun) -> dict[str, str]:
    """Return the run's plots as SVG: discrimination, calibration, points."""
    held = run.performance.evaluations[run.samples.validated_on]
    name = run.samples.validated_on.replace("_", " ")
    seen = {name: held, "cross-validated": run.performance.evaluations[UNSEEN]}
    return {
        "roc": roc_plot({**seen, "development (seen)": run.performance.evaluations[DEVELOPMENT]}),
        "ks": ks_plot(held),
        "calibration": calibration_plot(run.card, seen),
        "points": points_plot(held),
    }


def bin_pictures(run: TrainedRun) -> dict[str, str]:
    """Return one SVG per attribute of the card: WoE, points and shares by bin."""
    singles = (term for term in run.card.terms if len(term.attributes) == 1)
    return {
        term.attributes[0]: bins_plot(
            bin_rows(
                run.card,
                term,
                run.samples.development,
                run.samples.validation,
                run.origin.settings.prior_rows,
            )
        )
        for term in singles
    }
