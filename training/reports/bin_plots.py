"""Pictures of a card's tables: one attribute bin by bin, and two attributes as a heat map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from model.card.bin_labels import bin_labels
from model.card.bins import Ints, Term
from model.card.scorecard import Card
from model.profile.dictionary import Text
from training.binning.evidence import BinRow
from training.reports.plots import (
    BAD,
    EARLIER,
    GOOD,
    GREY,
    Words,
    drawable,
    percent_across,
    plain,
    styled,
    svg,
)
from training.run import TrainedRun

#: Inches a bin takes, so that labels never meet, however many bins there are.
_BIN, _FRAME = 0.2, 1.05
_FEWEST, _MIDDLE, _MOST = "#ECA77D", "#FFFFFF", "#7FB2DA"
#: Points are written into a heat map of at most so many cells a side.
_WRITTEN = 12


@styled()
def bins_plot(rows: Sequence[BinRow]) -> str:
    """Return one attribute's bins from the top down: WoE with points, and shares then and now.

    Every bin has a line of its own, so that twenty labels do not overlap.
    """
    words = Words()
    shown = [row for row in rows if row.rows or row.share_now]
    figure = Figure(figsize=(5.8, _FRAME + _BIN * max(len(shown), 3)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    at = np.arange(len(shown))
    _woe_bars(left, shown, words)
    right.barh(at - 0.19, [row.share for row in shown], 0.36, color=EARLIER,
               label=words("学习", "learned from"))  # fmt: skip
    right.barh(at + 0.19, [row.share_now for row in shown], 0.36, color=GREY,
               label=words("验证", "validation"))  # fmt: skip
    right.set_xlabel(words("占比", "Share"))
    percent_across(right)
    right.xaxis.set_major_locator(MaxNLocator(3))
    right.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, borderaxespad=0.2,
                 handlelength=1, columnspacing=1)  # fmt: skip
    left.set_yticks(at, [_name(row.label, i, words) for i, row in enumerate(shown)])
    left.invert_yaxis()
    for axes in (left, right):
        plain(axes)
        axes.grid(visible=False, axis="y")
        axes.grid(axis="x", color="#E3E3E3", lw=0.6)
    return svg(figure, words)


def _name(label: Text, at: int, words: Words) -> str:
    drawn = drawable(label, f"group {at + 1}")
    return words(label.zh if drawn == label.en else f"第 {at + 1} 组", drawn)


def _woe_bars(axes: Axes, rows: Sequence[BinRow], words: Words) -> None:
    woe = np.array([row.woe for row in rows])
    at = np.arange(len(rows))
    axes.barh(at, woe, 0.62, color=np.where(woe > 0, BAD, GOOD))
    axes.axvline(0, color=GREY, lw=0.8)
    room = 0.16 * max(float(np.ptp(woe)), 0.1)
    axes.set_xlim(min(woe.min(), 0) - room, max(woe.max(), 0) + room)
    for y, row in zip(at, rows, strict=True):
        is_right = row.woe >= 0
        axes.annotate(
            f"{row.points}", (row.woe, y), xytext=(3 if is_right else -3, 0),
            textcoords="offset points", va="center", ha="left" if is_right else "right",
        )  # fmt: skip
    axes.set_xlabel("WoE ln(bad/good)")
    title = words("条：WoE，右侧风险高；数字：分数", "bars: WoE, right is riskier; numbers: points")
    axes.set_title(title, loc="left", color=GREY)


@styled()
def pair_plot(run: TrainedRun, term: Term, rows: Ints) -> str:
    """Return two attributes as a heat map of the points they earn together.

    Parameters
    ----------
    rows : Ints
        Rows the card learned from, by cell, shape of the term's points; a cell without any is
        hatched.
    """
    words, card = Words(), run.card
    together = joint_points(card, term)
    high, wide = together.shape
    figure = Figure(
        figsize=(min(2.3 + 0.33 * wide, 7.2), min(1.5 + 0.22 * high, 5.6)), layout="constrained"
    )
    axes = figure.subplots()
    colours = LinearSegmentedColormap.from_list("points", [_FEWEST, _MIDDLE, _MOST])
    shades = axes.imshow(together, cmap=colours, aspect="auto", interpolation="nearest")
    figure.colorbar(shades, ax=axes, shrink=0.9).set_label(words("两项合计分数", "points of both"))
    for y, x in np.argwhere(rows == 0).tolist():
        axes.fill_between([x - 0.5, x + 0.5], y - 0.5, y + 0.5, facecolor="none", edgecolor=GREY,
                          hatch="////", lw=0)  # fmt: skip
    if max(high, wide) <= _WRITTEN:
        for (y, x), points in np.ndenumerate(together):
            axes.text(x, y, f"{points}", ha="center", va="center", fontsize=8)
    _ticks(axes, card, term, words)
    return svg(figure, words)


def joint_points(card: Card, term: Term) -> Ints:
    """Return the points of the two attributes of `term` together: the pair's and their own."""
    own = {t.attributes[0]: t.points for t in card.terms if len(t.attributes) == 1}
    first, second = term.attributes
    together: Ints = term.points.copy()
    if first in own:
        together = together + own[first][:, None]
    if second in own:
        together = together + own[second][None, :]
    return together


def _ticks(axes: Axes, card: Card, term: Term, words: Words) -> None:
    down, across = (
        [_name(label, at, words) for at, label in enumerate(bin_labels(card.bins[name]))]
        for name in term.attributes
    )
    axes.set_yticks(np.arange(len(down)), down)
    axes.set_xticks(np.arange(len(across)), across, rotation=90)
    axes.tick_params(length=0)
    labels = [card.wording[name].label for name in term.attributes]
    axes.set_ylabel(words(labels[0].zh, drawable(labels[0], "first")))
    axes.set_xlabel(words(labels[1].zh, drawable(labels[1], "second")))
