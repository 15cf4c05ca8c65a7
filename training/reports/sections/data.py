"""The section on the data: origin, outcome, period, samples, vintages, and what was excluded."""

from __future__ import annotations

import numpy as np

from training.reports.parts import (
    Cell,
    Column,
    Heading,
    Part,
    Prose,
    Section,
    Table,
    Text,
    facts,
    say,
)
from training.reports.sections.names import bilingual, fact_name, is_table, sample_name
from training.run import UNSEEN, TrainedRun
from training.samples.sample import Sample
from training.samples.vintages import VintageRow


def data_section(run: TrainedRun) -> Section:
    """Return the section."""
    notes = tuple(Prose(bilingual(note), "mark") for note in run.origin.source.notes)
    return Section(
        "data",
        say("训练数据", "Training data"),
        (
            _origin(run),
            Heading(say("结果的定义与期间", "Outcome and period")),
            *(Prose(text) for text in outcome_in_words(run)),
            _samples(run),
            Heading(say("排除的数据", "What was excluded")),
            *_excluded(run),
            *notes,
            *_vintages(run),
        ),
    )


def _origin(run: TrainedRun) -> Table:
    rows = [(fact_name(name), value) for name, value in run.card.provenance.items()]
    return facts("origin", say("来源", "Origin"), rows)


def outcome_in_words(run: TrainedRun) -> tuple[Text, ...]:
    """Return the outcome's definition and the periods of both samples, in sentences."""
    source, settings = run.origin.source.facts, run.origin.settings
    if is_table(run):
        return (
            say(
                f"不良：{source.get('target', '')} = {source.get('bad_value', '')}，"
                "由数据提供方定义；表中没有表现期与时间，故留出样本按类别随机抽取，"
                "不能证明时间上的稳定。",
                f"Bad: {source.get('target', '')} = {source.get('bad_value', '')}, as whoever made"
                " the table defined it. The table states no performance window and no time: the"
                " held rows are drawn at random by class, which says nothing about stability over"
                " time.",
            ),
        )
    low, high = settings.indeterminate_days, settings.bad_days
    window = settings.window_months
    return (
        say(
            f"不良：表现期内逾期 {high} 天及以上；不定：{low}–{high - 1} 天；好："
            f"表现期满的其余贷款。表现期为放款后 {window} 个月，"
            "收获后一次还本付息的贷款自到期日起算。贷款在其表现期按日历结束后才入样，与结果无关。",
            f"Bad: {high} or more days past due within the window; indeterminate: {low}–{high - 1};"
            f" good: the rest with a full window. The window is {window} months on book; for"
            " harvest-bullet loans it starts at maturity. A loan enters the sample when its window"
            " has closed by the calendar, whatever its outcome.",
        ),
        say(
            f"截至 {source.get('as_of', '')}；放款期间：开发样本"
            f" {_period(run.samples.development)}，验证样本 {_period(run.samples.validation)}。",
            f"As of {source.get('as_of', '')}; disbursed: development"
            f" {_period(run.samples.development)}, validation {_period(run.samples.validation)}.",
        ),
    )


def _period(sample: Sample) -> str:
    months = np.array([sample.period.min(), sample.period.max()]).astype("datetime64[M]")
    return f"{months[0]} – {months[1]}"


def _samples(run: TrainedRun) -> Table:
    columns = (
        Column(say("样本", "sample")),
        Column(say("行数", "rows"), "count"),
        Column(say("不良", "bads"), "count"),
        Column(say("不良率", "bad rate"), "rate", 2),
    )
    rows = tuple(
        (sample_name(name), e.rows, e.bad_rows, e.measures["bad_rate"])
        for name, e in run.performance.evaluations.items()
        if name != UNSEEN
    )
    return Table("samples", say("样本", "Samples"), columns, rows)


def _excluded(run: TrainedRun) -> tuple[Part, ...]:
    vintages = run.origin.source.vintages
    if not vintages:
        if any("left out" in note for note in run.origin.source.notes):
            return ()
        return (Prose(say("没有排除任何行。", "No row was excluded.")),)
    columns = (Column(say("原因", "reason")), Column(say("贷款", "loans"), "count"))
    return (Table("excluded", say("排除", "Excluded"), columns, tuple(_exclusions(vintages))),)


def _exclusions(vintages: tuple[VintageRow, ...]) -> list[tuple[Cell, ...]]:
    counts = [
        (say("全部放款", "disbursed in all"), sum(row.loans for row in vintages)),
        (say("不定（逾期而未成不良）", "indeterminate: late, but not bad"),
         sum(row.indeterminate for row in vintages)),
        (say("表现期未满", "window not yet closed"), sum(row.unripe for row in vintages)),
        (say("表现期已满而记录未到", "window closed, last rows not yet arrived"),
         sum(row.unrecorded for row in vintages)),
        (say("申请时档案过短", "archive too short at application"),
         sum(row.run_in for row in vintages)),
        (say("用于建模与验证", "used for training and validation"),
         sum(row.good + row.bad for row in vintages)),
    ]  # fmt: skip
    return [*counts]


def _vintages(run: TrainedRun) -> tuple[Part, ...]:
    if not run.origin.source.vintages:
        return ()
    columns = (
        Column(say("放款月", "vintage")),
        Column(say("贷款", "loans"), "count"),
        Column(say("好", "good"), "count"),
        Column(say("不良", "bad"), "count"),
        Column(say("不良率", "bad rate"), "percent", 2),
        Column(say("不定", "indeterminate"), "count"),
        Column(say("未成熟", "unripe"), "count"),
        Column(say("记录未到", "unrecorded"), "count"),
        Column(say("档案过短", "archive too short"), "count"),
    )
    rows = tuple(_vintage(row) for row in run.origin.source.vintages)
    heading = Heading(say("按放款月", "By vintage"))
    return heading, Table("vintages", say("放款月", "Vintages"), columns, rows)


def _vintage(row: VintageRow) -> tuple[Cell, ...]:
    known = row.good + row.bad
    rate = row.bad / known if known else None
    return (
        row.vintage, row.loans, row.good, row.bad, rate, row.indeterminate, row.unripe,
        row.unrecorded, row.run_in,
    )  # fmt: skip
