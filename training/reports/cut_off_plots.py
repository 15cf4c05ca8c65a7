"""Pictures of gains and of cut-offs."""

from __future__ import annotations

from collections.abc import Sequence

from training.measures.cut_offs import CutOffRow, GainsRow
from training.reports.plots import (
    BAD,
    GOOD,
    GREY,
    Words,
    one_panel,
    percent,
    plain,
    styled,
    svg,
)


@styled()
def gains_plot(rows: Sequence[GainsRow]) -> str:
    """Return the share of bads found by the share of rows, riskiest first."""
    words = Words()
    figure, axes = one_panel(4.8, 3.8)
    found = [0.0, *(row.bads_so_far for row in rows)]
    looked_at = [0.0, *(row.rows_so_far for row in rows)]
    axes.plot(looked_at, found, "o-", color=BAD, lw=1.8, ms=4, label=words("评分卡", "card"))
    axes.plot([0, 1], [0, 1], color=GREY, lw=0.8, ls=":", label=words("随机", "chance"))
    axes.set(xlim=(0, 1), ylim=(0, 1.01))
    axes.set_title(words("增益：由低分到高分", "Gains, from the fewest points up"), loc="left",
                   color=GREY)  # fmt: skip
    axes.set_xlabel(words("全部行的累计占比", "Share of all rows"))
    axes.set_ylabel(words("全部不良的累计占比", "Share of all bads"))
    percent(axes, both=True)
    axes.legend(loc="lower right")
    return svg(figure, words)


@styled()
def strategy_plot(rows: Sequence[CutOffRow]) -> str:
    """Return bad rate and profit of the approved by the share approved, with 95 % bands."""
    words = Words()
    figure, upper = one_panel(5.4, 3.8)
    lower = upper.twinx()
    approved = [row.approved.value for row in rows]
    bad, profit = ([getattr(row, name) for row in rows] for name in ("bad_rate", "profit"))
    for axes, each, colour, name in (
        (upper, bad, BAD, words("不良率（左）", "bad rate (left)")),
        (lower, profit, GOOD, words("利润（右）", "profit (right)")),
    ):
        axes.fill_between(approved, [m.low for m in each], [m.high for m in each], color=colour,
                          alpha=0.15, lw=0)  # fmt: skip
        axes.plot(approved, [m.value for m in each], "o-", color=colour, lw=1.6, ms=3.5, label=name)
    upper.set_title(words("分数线策略：批准得越多", "Cut-offs, by how many are approved"),
                    loc="left", color=GREY)  # fmt: skip
    upper.set_xlabel(words("批准率", "Share approved"))
    upper.set_ylabel(words("批准户不良率", "Bad rate of the approved"))
    lower.set_ylabel(words("每百元申请的利润", "Profit per 100 yuan applied for"))
    upper.set(xlim=(0, 1), ylim=(0, None))
    percent(upper, both=True)
    plain(upper)
    lower.spines["top"].set_visible(False)
    lower.axhline(0, color=GREY, lw=0.7, ls=":")
    lines = [*upper.get_lines(), *lower.get_lines()[:1]]
    upper.legend(lines, [str(line.get_label()) for line in lines], loc="upper left")
    return svg(figure, words)
