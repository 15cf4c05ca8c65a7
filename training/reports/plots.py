"""Pictures of a run as SVG: discrimination, calibration, points and bins, in one house style."""

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

from model.card.bins import Floats, Term
from model.card.scorecard import Card
from model.profile.dictionary import Text
from training.binning.evidence import BinRow, bin_rows
from training.measures.calibration import equal_groups, jeffreys_interval
from training.measures.evaluate import Evaluation
from training.run import DEVELOPMENT, UNSEEN, TrainedRun

#: Fonts with Chinese characters on common systems; the first one present is used.
_CHINESE = (
    "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
    "Microsoft YaHei", "SimHei", "PingFang SC", "Heiti SC", "Arial Unicode MS",
)  # fmt: skip
_FALLBACK = "DejaVu Sans"

#: Distinct without colour vision too (Okabe & Ito 2008), and in grey print.
GOOD, BAD, EARLIER, GREY = "#0072B2", "#D55E00", "#8FB8D6", "#6B6B6B"
_MAX_LABEL = 22
_GROUPS = 10


def run_pictures(run: TrainedRun) -> dict[str, str]:
    """Return the pictures of discrimination, calibration and points, by file name."""
    validation = run.performance.evaluations[run.samples.validated_on]
    name = run.samples.validated_on.replace("_", " ")
    curves = {name: validation, "cross-validated": run.performance.evaluations[UNSEEN]}
    return {
        "roc": roc_plot({**curves, "development (seen)": run.performance.evaluations[DEVELOPMENT]}),
        "ks": ks_plot(validation),
        "calibration": calibration_plot(run.card, curves),
        "points": points_plot(validation),
    }


def bin_pictures(run: TrainedRun) -> dict[str, str]:
    """Return one picture per attribute of the card: WoE, points and shares by bin."""
    singles = (term for term in run.card.terms if len(term.attributes) == 1)
    return {term.attributes[0]: bins_plot(rows_of_term(run, term)) for term in singles}


def rows_of_term(run: TrainedRun, term: Term) -> list[BinRow]:
    """Return the bins of a single-attribute `term` of the run's card."""
    samples = run.samples
    prior_rows = run.origin.settings.prior_rows
    return bin_rows(run.card, term, samples.development, samples.validation, prior_rows)


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the house style without changing matplotlib's own settings."""
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
    """Remove all lines but the axes and a light horizontal grid."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#E3E3E3", lw=0.6)
    axes.set_axisbelow(True)


def percent(axes: Axes, both: bool = False) -> None:
    """Label the vertical axis in percent, or both axes."""
    for axis in (axes.yaxis, axes.xaxis) if both else (axes.yaxis,):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=None))


def svg(figure: Figure) -> str:
    """Return `figure` as SVG; the same figure gives the same text."""
    drawn = BytesIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    return drawn.getvalue().decode()


def drawable(label: Text, otherwise: str) -> str:
    """Return the English label, shortened, or `otherwise` if the installed fonts lack its letters.

    A letter that no font has would be drawn as an empty box. The report's table has the full label.
    """
    if not all(ord(letter) in _letters() for letter in label.en):
        return otherwise
    return label.en if len(label.en) <= _MAX_LABEL else label.en[: _MAX_LABEL - 1] + "…"


@cache
def _font() -> str:
    present = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in _CHINESE if name in present), _FALLBACK)


@cache
def _letters() -> frozenset[int]:
    fonts = [font_manager.findfont(name) for name in {_font(), _FALLBACK}]
    return frozenset(c for font in fonts for c in FT2Font(Path(font)).get_charmap())


@styled()
def roc_plot(curves: dict[str, Evaluation]) -> str:
    """Return the ROC curves of the named samples, with their AUC and its interval."""
    figure, axes = one_panel(4.6, 4.6)
    for (name, evaluation), colour in zip(curves.items(), (GOOD, EARLIER, GREY), strict=False):
        area = evaluation.measures["auc"]
        label = f"{name}: AUC {area.value:.3f} ({area.low:.3f}–{area.high:.3f})"
        axes.plot(
            *_cumulative(evaluation.goods, evaluation.bads), color=colour, lw=1.8, label=label
        )
    axes.plot([0, 1], [0, 1], color=GREY, lw=0.8, ls=":")
    axes.set(xlabel="Share of goods at or below the points", xlim=(0, 1), ylim=(0, 1))
    axes.set_ylabel("Share of bads at or below the points")
    axes.legend(loc="lower right")
    return svg(figure)


@styled()
def ks_plot(evaluation: Evaluation) -> str:
    """Return the cumulative shares of goods and bads by points, and their largest gap."""
    figure, axes = one_panel(5.6, 3.8)
    goods, bads = _cumulative(evaluation.goods, evaluation.bads)
    at = int(np.argmax(np.abs(bads - goods)[1:]))
    axes.step(evaluation.points, bads[1:], where="post", color=BAD, lw=1.8, label="bads")
    axes.step(evaluation.points, goods[1:], where="post", color=GOOD, lw=1.8, label="goods")
    axes.plot([evaluation.points[at]] * 2, [goods[at + 1], bads[at + 1]], color=GREY, lw=1.2)
    note = f"KS {evaluation.measures['ks'].value:.3f} at {evaluation.points[at]} points"
    axes.set_title(note, loc="left", color=GREY)
    axes.set(xlabel="Points", ylabel="Share at or below", ylim=(0, 1))
    axes.legend(loc="upper left")
    return svg(figure)


@styled()
def calibration_plot(card: Card, curves: dict[str, Evaluation]) -> str:
    """Return observed against expected bad rates in ten equal groups, with 95 % intervals."""
    figure, axes = one_panel(4.6, 4.6)
    top = 0.0
    for (name, evaluation), colour in zip(curves.items(), (GOOD, EARLIER), strict=False):
        expected, observed, spread = _groups(card, evaluation)
        axes.errorbar(expected, observed, yerr=spread, fmt="o", ms=4, lw=1, capsize=2,
                      color=colour, label=name)  # fmt: skip
        top = max(top, float(expected.max()), float((observed + spread[1]).max()))
    axes.plot([0, 1], [0, 1], color=GREY, lw=0.8, ls=":")
    axes.set(xlim=(0, top * 1.04), ylim=(0, top * 1.04))
    axes.set(xlabel="Expected bad rate (PD)", ylabel="Observed bad rate")
    percent(axes, both=True)
    axes.legend(loc="upper left")
    return svg(figure)


@styled()
def points_plot(evaluation: Evaluation) -> str:
    """Return the distribution of goods and of bads over points; each class adds up to one."""
    figure, axes = one_panel(5.6, 3.6)
    edges = np.histogram_bin_edges(evaluation.points, bins=min(40, max(10, len(evaluation.points))))
    for counts, colour, name in ((evaluation.goods, GOOD, "goods"), (evaluation.bads, BAD, "bads")):
        shares = counts / counts.sum()
        label = f"{name} ({counts.sum():,.0f})"
        axes.hist(
            evaluation.points, edges.tolist(), weights=shares, label=label,
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
    x = np.arange(len(shown))
    _woe_bars(upper, shown)
    lower.bar(x - 0.2, [row.share for row in shown], 0.38, color=EARLIER, label="development")
    lower.bar(x + 0.2, [row.share_now for row in shown], 0.38, color=GREY, label="validation")
    lower.set_ylabel("Share")
    percent(lower)
    lower.legend(loc="lower left", bbox_to_anchor=(0, 0.97), ncols=2, borderaxespad=0)
    names = [drawable(row.label, f"group {i + 1}") for i, row in enumerate(shown)]
    lower.set_xticks(x, names, rotation=20, ha="right")
    for axes in (upper, lower):
        plain(axes)
    return svg(figure)


def _woe_bars(axes: Axes, rows: Sequence[BinRow]) -> None:
    woe = np.array([row.woe for row in rows])
    positions = np.arange(len(rows))
    axes.bar(positions, woe, 0.6, color=np.where(woe > 0, BAD, GOOD))
    axes.axhline(0, color=GREY, lw=0.8)
    room = 0.16 * max(float(np.ptp(woe)), 0.1)
    axes.set_ylim(min(woe.min(), 0) - room, max(woe.max(), 0) + room)
    for x, row in zip(positions, rows, strict=True):
        is_above = row.woe >= 0
        axes.annotate(
            f"{row.points}", (x, row.woe), xytext=(0, 2 if is_above else -2),
            textcoords="offset points", ha="center", va="bottom" if is_above else "top",
        )  # fmt: skip
    axes.set_ylabel("WoE ln(bad/good)")
    axes.set_title("bars: WoE, above 0 riskier; numbers: points", loc="left", color=GREY)


def _cumulative(goods: Floats, bads: Floats) -> tuple[Floats, Floats]:
    """Return cumulative shares of goods and bads from no points up, shape (points + 1,) each."""
    good, bad = (np.concatenate([[0.0], np.cumsum(c) / c.sum()]) for c in (goods, bads))
    return good, bad


def _groups(card: Card, evaluation: Evaluation) -> tuple[Floats, Floats, Floats]:
    rows, pd = evaluation.goods + evaluation.bads, card.pd(evaluation.points)
    group = equal_groups(rows, _GROUPS)
    sums = np.array(
        [
            [c[group == g].sum() for g in np.unique(group)]
            for c in (rows, rows * pd, evaluation.bads)
        ]
    )
    expected, observed = sums[1] / sums[0], sums[2] / sums[0]
    limits = np.array([jeffreys_interval(b, n) for n, _, b in sums.T]).T
    return expected, observed, np.abs(limits - observed)
