"""The section on cut-offs: gains and lift, and the strategy table a committee chooses from."""

from __future__ import annotations

from training.measures.cut_offs import (
    CutOffRow,
    Economics,
    GainsRow,
    best_cut_off,
    cut_off_table,
    gains_table,
    usual_cut_offs,
)
from training.reports.cut_off_plots import gains_plot, strategy_plot
from training.reports.parts import (
    Cell,
    Column,
    Heading,
    Picture,
    Pictures,
    Prose,
    Section,
    Table,
    Text,
    say,
)
from training.reports.sections.names import validation_name
from training.run import TrainedRun


def cut_offs_section(run: TrainedRun, economics: Economics) -> Section:
    """Return the section, on the validation rows."""
    gains = gains_table(run.performance.evaluations[run.samples.validated_on])
    strategy = strategy_rows(run, economics)
    held = validation_name(run)
    return Section(
        "cut_offs",
        say("增益与分数线", "Gains and cut-offs"),
        (
            Prose(say(f"样本：{held.zh}。", f"Sample: {held.en}."), "soft"),
            Heading(say("增益表（风险最高的在前）", "Gains and lift, the riskiest first")),
            _gains(gains),
            Heading(say("分数线策略表", "Cut-off strategy table")),
            Prose(_assumption(economics)),
            _strategy(strategy, operative_cut_off(run)),
            Prose(_best(strategy)),
            Pictures((
                Picture("gains", gains_plot(gains)), Picture("strategy", strategy_plot(strategy)),
            )),
        ),
    )  # fmt: skip


def operative_cut_off(run: TrainedRun) -> int | None:
    """Return the points from which a loan is offered; None if the run states none."""
    fairness = run.performance.fairness
    return fairness.cut_off if fairness else None


def strategy_rows(run: TrainedRun, economics: Economics) -> list[CutOffRow]:
    """Return the strategy table's rows on the validation sample."""
    evaluation, settings = (
        run.performance.evaluations[run.samples.validated_on],
        run.origin.settings,
    )
    cut_offs = usual_cut_offs(evaluation, operative_cut_off(run))
    return cut_off_table(evaluation, cut_offs, economics, settings.resamples, settings.seed)


def _gains(rows: list[GainsRow]) -> Table:
    columns = (
        Column(say("组", "group"), "count"),
        Column(say("分数", "points")),
        Column(say("行数", "rows"), "count"),
        Column(say("不良", "bads"), "count"),
        Column(say("不良率", "bad rate"), "rate", 2),
        Column(say("提升度", "lift"), "number", 2),
        Column(say("累计行", "rows so far"), "percent", 1),
        Column(say("累计不良", "bads so far"), "percent", 1),
        Column(say("累计好户", "goods so far"), "percent", 1),
        Column(say("累计提升度", "lift so far"), "number", 2),
        Column(say("KS 差距", "KS gap"), "percent", 1),
    )
    written = tuple(
        (
            at, f"{row.low} – {row.high}", row.rows, row.bads, row.bad_rate, row.lift,
            row.rows_so_far, row.bads_so_far, row.goods_so_far, row.lift_so_far, row.ks,
        )
        for at, row in enumerate(rows, start=1)
    )  # fmt: skip
    return Table("gains", say("增益表", "Gains"), columns, written)


def _strategy(rows: list[CutOffRow], operative: int | None) -> Table:
    columns = (
        Column(say("分数线", "cut-off"), "count"),
        Column(say("批准率", "approved"), "rate", 1),
        Column(say("批准户不良率", "bad rate of approved"), "rate", 2),
        Column(say("拦下的不良", "bads refused"), "percent", 1),
        Column(say("误拒的好户", "goods refused"), "percent", 1),
        Column(say("每百元申请的利润", "profit per 100 yuan applied for"), "interval", 2),
        Column(say("保本所需利差", "margin to break even"), "percent", 2),
        Column(say("备注", "remark")),
    )
    best = best_cut_off(rows).points
    written = tuple(_strategy_row(row, operative, best) for row in rows)
    return Table("strategy", say("分数线策略", "Cut-off strategy"), columns, written)


def best_in_words(best: CutOffRow) -> Text:
    """Return what the cut-off with the highest profit is, which may be a loss."""
    if best.profit.value <= 0:
        return say("亏损最少", "least loss")
    return say("利润最高", "highest profit")


def _strategy_row(row: CutOffRow, operative: int | None, best: int) -> tuple[Cell, ...]:
    marks = [
        *([say("现行分数线", "the cut-off in force")] if row.points == operative else []),
        *([best_in_words(row)] if row.points == best else []),
    ]
    remark = Text("；".join(m.zh for m in marks), "; ".join(m.en for m in marks))
    return (
        row.points, row.approved, row.bad_rate, row.bads_refused, row.goods_refused, row.profit,
        row.margin_needed, remark,
    )  # fmt: skip


def _assumption(economics: Economics) -> Text:
    margin, loss, even = 100 * economics.margin, 100 * economics.loss, economics.break_even
    return say(
        f"假设金额相同：还清的贷款净赚本金的 {margin:g} %，不良贷款损失本金的 {loss:g} %，即不良率"
        f" {even:.2%} 时保本。利润随这两个数字成比例变化：请用本行数字（--margin、--loss）重算。",
        f"Assumed for equal amounts: a repaid loan earns {margin:g} % of the amount lent, a bad one"
        f" loses {loss:g} %, so that lending breaks even at a bad rate of {even:.2%}. The profit"
        " moves with both: use the bank's own figures (--margin, --loss).",
    )


def _best(rows: list[CutOffRow]) -> Text:
    best = best_cut_off(rows)
    low, high = best.profit.low, best.profit.high
    near = [row.points for row in rows if row.profit.value >= low]
    if best.profit.value <= 0:
        return say(
            f"按上述假设没有分数线盈利：亏损最少的是 {best.points}，每百元 {best.profit.value:.2f}"
            " 元"
            f"（{low:.2f} – {high:.2f}）。",
            f"At these assumptions no cut-off earns: the least loss is at {best.points} points,"
            f" {best.profit.value:.2f} yuan per 100 ({low:.2f} – {high:.2f}).",
        )
    return say(
        f"利润最高的分数线为 {best.points}，每百元 {best.profit.value:.2f} 元（{low:.2f} –"
        f" {high:.2f}）；自 {min(near)} 至 {max(near)} 的分数线与它的差别都在此区间之内。",
        f"The profit is highest at {best.points} points, {best.profit.value:.2f} yuan per 100"
        f" ({low:.2f} – {high:.2f}); cut-offs from {min(near)} to {max(near)} differ from it by"
        " less than this interval.",
    )
