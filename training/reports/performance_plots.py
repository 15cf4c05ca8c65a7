"""Pictures of how a card ranks and how its PDs hold: ROC, KS, calibration, points by class."""

from __future__ import annotations

import numpy as np

from model.card.bins import Floats
from model.card.scorecard import Card
from model.profile.dictionary import Text
from training.measures.calibration import equal_groups, jeffreys_interval
from training.measures.cut_offs import points_at_ks
from training.measures.evaluate import Evaluation
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
from training.run import DEVELOPMENT, HELD_OUT, OUT_OF_TIME, UNSEEN, TrainedRun

_GROUPS = 10
_NAMES = {
    OUT_OF_TIME: Text("时间外", "out of time"),
    HELD_OUT: Text("留出", "held out"),
    UNSEEN: Text("交叉验证", "cross-validated"),
    DEVELOPMENT: Text("开发（已见）", "development (seen)"),
}
Curves = dict[str, Evaluation]


def run_pictures(run: TrainedRun) -> dict[str, str]:
    """Return the pictures of discrimination, calibration and points, by file name."""
    evaluations, held = run.performance.evaluations, run.samples.validated_on
    curves = {name: evaluations[name] for name in (held, UNSEEN)}
    return {
        "roc": roc_plot({**curves, DEVELOPMENT: evaluations[DEVELOPMENT]}),
        "ks": ks_plot(evaluations[held]),
        "calibration": calibration_plot(run.judged, curves),
        "points": points_plot(evaluations[held]),
    }


def _named(name: str) -> Text:
    return _NAMES.get(name, Text(name, name))


@styled()
def roc_plot(curves: Curves) -> str:
    """Return the ROC curves of the named samples, with their AUC and its interval."""
    words = Words()
    figure, axes = one_panel(4.8, 4.4)
    for (name, evaluation), colour in zip(curves.items(), (GOOD, EARLIER, GREY), strict=False):
        area = evaluation.measures["auc"]
        shown, called = f"AUC {area.value:.3f} ({area.low:.3f}–{area.high:.3f})", _named(name)
        axes.plot(*_cumulative(evaluation.goods, evaluation.bads), color=colour, lw=1.8,
                  label=words(f"{called.zh}：{shown}", f"{called.en}: {shown}"))  # fmt: skip
    axes.plot([0, 1], [0, 1], color=GREY, lw=0.8, ls=":")
    axes.set(xlim=(0, 1), ylim=(0, 1.01))
    axes.set_title(words("ROC 曲线", "ROC curves"), loc="left", color=GREY)
    axes.set_xlabel(words("分数不高于某值的好户占比", "Share of goods at or below the points"))
    axes.set_ylabel(words("分数不高于某值的坏户占比", "Share of bads at or below the points"))
    axes.legend(loc="lower right")
    return svg(figure, words)


@styled()
def ks_plot(evaluation: Evaluation) -> str:
    """Return the cumulative shares of goods and bads by points, and their widest gap."""
    words = Words()
    figure, axes = one_panel(5.2, 4.4)
    goods, bads = _cumulative(evaluation.goods, evaluation.bads)
    axes.step(evaluation.points, bads[1:], where="post", color=BAD, lw=1.8,
              label=words("坏户", "bads"))  # fmt: skip
    axes.step(evaluation.points, goods[1:], where="post", color=GOOD, lw=1.8,
              label=words("好户", "goods"))  # fmt: skip
    points, good, bad = points_at_ks(evaluation)
    axes.plot([points] * 2, [good, bad], color="black", lw=1.4)
    axes.plot([points] * 2, [good, bad], "o", color="black", ms=5)
    axes.axvline(points, color=GREY, lw=0.7, ls=":")
    value = evaluation.measures["ks"].value
    shares = (
        f"KS {value:.3f}，在 {points} 分：坏户 {bad:.0%}，好户 {good:.0%} 不高于此",
        f"KS {value:.3f} at {points} points: {bad:.0%} of bads, {good:.0%} of goods at or below",
    )
    axes.set_title(words(*shares), loc="left", color=GREY)
    axes.set(ylim=(0, 1.01))
    axes.set_xlabel(words("分数", "Points"))
    axes.set_ylabel(words("不高于该分数的占比", "Share at or below"))
    percent(axes)
    axes.legend(loc="upper left")
    return svg(figure, words)


@styled()
def calibration_plot(card: Card, curves: Curves) -> str:
    """Return observed against expected bad rates in ten equal groups, with 95 % intervals.

    The axes stop above the expected rates and the observed ones: an interval that reaches further
    is cut, so that a group with few rows does not flatten all others.
    """
    words = Words()
    figure, axes = one_panel(4.8, 4.4)
    top = 0.0
    for (name, evaluation), colour in zip(curves.items(), (GOOD, EARLIER), strict=False):
        expected, observed, spread = _groups(card, evaluation)
        called = _named(name)
        axes.errorbar(expected, observed, yerr=spread, fmt="o", ms=4, lw=1, capsize=2,
                      color=colour, label=words(called.zh, called.en))  # fmt: skip
        top = max(top, float(expected.max()), float(observed.max()))
    axes.plot([0, 1], [0, 1], color=GREY, lw=0.8, ls=":")
    axes.set(xlim=(0, top * 1.15), ylim=(0, top * 1.15))
    axes.set_title(words("十个等量组，95 % 区间", "ten equal groups, 95 % intervals"), loc="left",
                   color=GREY)  # fmt: skip
    axes.set_xlabel(words("预期不良率（违约概率）", "Expected bad rate (PD)"))
    axes.set_ylabel(words("实际不良率", "Observed bad rate"))
    percent(axes, both=True)
    axes.legend(loc="upper left")
    return svg(figure, words)


@styled()
def points_plot(evaluation: Evaluation) -> str:
    """Return the distribution of goods and of bads over points; each class adds up to one."""
    words = Words()
    figure, axes = one_panel(5.2, 4.4)
    few = float(min(evaluation.goods.sum(), evaluation.bads.sum()))
    # Few bads in many bars look like a comb.
    edges = np.histogram_bin_edges(evaluation.points, bins=int(np.clip(np.sqrt(few) * 2, 6, 40)))
    named = ((evaluation.goods, GOOD, "好户", "goods"), (evaluation.bads, BAD, "坏户", "bads"))
    for counts, colour, zh, en in named:
        number = f"{counts.sum():,.0f}"
        axes.hist(
            evaluation.points, edges.tolist(), weights=counts / counts.sum(),
            label=words(f"{zh}（{number}）", f"{en} ({number})"),
            color=colour, edgecolor=colour, alpha=0.35, histtype="stepfilled", lw=1.4,
        )  # fmt: skip
    axes.set_title(words("分数分布", "Distribution of points"), loc="left", color=GREY)
    axes.set_xlabel(words("分数", "Points"))
    axes.set_ylabel(words("占本类的比例", "Share of the class"))
    percent(axes)
    # Bars fill the panel, so the legend stands above it.
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0.2)
    return svg(figure, words)


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
