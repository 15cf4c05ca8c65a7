"""The one-page summary for a committee: what is asked, what it rests on, what to decide."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from training.measures.cut_offs import CutOffRow, Economics, best_cut_off
from training.measures.evaluate import Interval
from training.measures.paired import auc_gain
from training.reports.parts import (
    Cell,
    Column,
    Heading,
    Part,
    Prose,
    Section,
    Table,
    Text,
    Tiles,
    facts,
    say,
)
from training.reports.sections.attributes import pair_terms
from training.reports.sections.cut_offs import (
    best_in_words,
    operative_cut_off,
    strategy_rows,
)
from training.reports.sections.data import outcome_in_words
from training.reports.sections.gates import open_gates, verdict_of
from training.reports.sections.limitations import limitations
from training.reports.sections.names import label_of, refit_in_words, validation_name
from training.run import TrainedRun

_MOST_ATTRIBUTES, _MOST_FLAGS, _MOST_LIMITS = 5, 5, 3
_SIGNERS = (
    say("模型负责人", "model owner"),
    say("独立验证人", "validator"),
    say("信贷委员会", "credit committee"),
)


def committee_section(run: TrainedRun, economics: Economics) -> Section:
    """Return the summary; it fits one page of A4."""
    rows = strategy_rows(run, economics)
    return Section(
        "committee",
        say("委员会摘要", "Summary for the committee"),
        (
            *([verdict_of(run.gates)] if run.gates else []),
            Prose(_asked(run)),
            tiles(run),
            Prose(_measured_on(run), "soft"),
            *_flags(run),
            Heading(say("分数线", "The cut-off")),
            _cut_offs(rows, operative_cut_off(run)),
            Heading(say("分数从何而来", "Where the points come from")),
            _attributes(run),
            *_champion(run),
            Heading(say("局限", "Limitations")),
            *(Prose(text, "item") for text in islice(limitations(run), _MOST_LIMITS)),
            _signatures(),
        ),
    )  # fmt: skip


def _signatures() -> Table:
    blank = say("姓名、日期：", "name, date:")
    return facts("signatures", say("签字", "Signatures"), [(signer, blank) for signer in _SIGNERS])


def _asked(run: TrainedRun) -> Text:
    trained = run.trained_at.date().isoformat() if run.trained_at else ""
    by = run.trained_by or "—"
    instead = run.champion.digest[:16] if run.champion else ""
    zh = f"替换在用评分卡 {instead}" if instead else "作为第一张评分卡启用"
    en = f"replace the card in use, {instead}" if instead else "be the first card in use"
    return say(
        f"提请审议：评分卡 {run.card.name} {run.digest[:16]}（{by} 训练，{trained}）{zh}。"
        f"{outcome_in_words(run)[0].zh}",
        f"For decision: that the card {run.card.name} {run.digest[:16]}, trained by {by} {trained},"
        f" {en}. {outcome_in_words(run)[0].en}",
    )


def tiles(run: TrainedRun) -> Tiles:
    """Return the figures to see first, of the validation sample."""
    measured = run.performance.evaluations[run.samples.validated_on].measures
    pairs = len(pair_terms(run.card))
    return Tiles((
        (f"{measured['auc'].value:.3f}", _with_interval("AUC", measured["auc"])),
        (f"{measured['ks'].value:.3f}", _with_interval("KS", measured["ks"])),
        (f"{measured['bad_rate'].value:.2%}", say("实际不良率", "observed bad rate")),
        (f"{measured['expected_bad_rate'].value:.2%}", say("预期不良率", "expected bad rate")),
        (f"{run.performance.points_psi:.3f}", say("总分 PSI", "PSI of the points")),
        (f"{len(run.card.attributes)} + {pairs}", say("指标 + 组合", "attributes + pairs")),
    ))  # fmt: skip


def _with_interval(name: str, measured: Interval) -> Text:
    return say(f"{name} {measured.low:.3f}–{measured.high:.3f}")


def _measured_on(run: TrainedRun) -> Text:
    held, sample = validation_name(run), run.samples.validation
    again = refit_in_words(run)
    return say(
        f"取自{held.zh}（{len(sample):,} 行，{sample.bads:,} 个不良），评估时的卡未见过；"
        f"区间为 95 %。{again.zh}",
        f"Of the {held.en} sample ({len(sample):,} rows, {sample.bads:,} bads), which the judged"
        f" card never saw; intervals are 95 %. {again.en}",
    )


def _flags(run: TrainedRun) -> Iterator[Part]:
    if run.gates is None or not (run.gates.failed or run.gates.flagged):
        return
    more = len(run.gates.failed) + len(run.gates.flagged) - _MOST_FLAGS
    yield Heading(say("需要决定的事项", "What needs a decision"))
    yield open_gates(run.gates, _MOST_FLAGS)
    if more > 0:
        yield Prose(say(f"另有 {more} 项，见报告。", f"{more} more in the report."), "soft")


def _cut_offs(rows: list[CutOffRow], operative: int | None) -> Table:
    best = best_cut_off(rows)
    remark, in_force = best_in_words(best), say("现行", "in force")
    chosen = {best.points: remark}
    if operative is not None:
        both = Text(f"{in_force.zh}，{remark.zh}", f"{in_force.en}, {remark.en}")
        chosen[operative] = both if operative == best.points else in_force
    columns = (
        Column(say("分数线", "cut-off")),
        Column(say("", "")),
        Column(say("批准率", "approved"), "rate", 1),
        Column(say("批准户不良率", "bad rate of approved"), "rate", 2),
        Column(say("每百元申请的利润", "profit per 100 yuan applied for"), "interval", 2),
    )
    written: tuple[tuple[Cell, ...], ...] = tuple(
        (str(row.points), chosen[row.points], row.approved, row.bad_rate, row.profit)
        for row in rows
        if row.points in chosen
    )
    return Table("committee_cut_offs", say("分数线", "Cut-offs"), columns, written)


def _attributes(run: TrainedRun) -> Table:
    """Return the attributes that move most points among the rows the card learned from."""
    card = run.card
    points = card.points_by_attribute(card.codes(run.samples.fitted.columns))
    spread = np.abs(points - points.mean(axis=0)).mean(axis=0)
    order = np.argsort(-spread)[:_MOST_ATTRIBUTES]
    columns = (
        Column(say("指标", "attribute")),
        Column(say("影响占比", "share of all movement"), "percent", 0),
        Column(say("分数自", "points from"), "count"),
        Column(say("至", "to"), "count"),
    )
    rows = tuple(
        (label_of(run, card.attributes[at]), float(spread[at] / spread.sum()),
         int(points[:, at].min()), int(points[:, at].max()))
        for at in order.tolist()
    )  # fmt: skip
    return Table("committee_attributes", say("主要指标", "Main attributes"), columns, rows)


def _champion(run: TrainedRun) -> Iterator[Part]:
    if run.champion is None:
        return
    rows, other = run.samples.validation, run.champion.card
    try:
        theirs = other.total(other.points_by_attribute(other.codes(rows.columns)))
    except KeyError:
        return
    judged = run.judged
    mine = judged.total(judged.points_by_attribute(judged.codes(rows.columns)))
    gain = auc_gain(mine.astype(float), theirs.astype(float), rows, run.origin.settings.seed)
    yield Prose(say(
        f"与在用评分卡相比，在同样的行上 AUC 变化 {gain}。",
        f"Against the card in use, on the same rows, the AUC changes by {gain}.",
    ))  # fmt: skip
