"""The sections on discrimination, calibration and stability, by sample and by grade."""

from __future__ import annotations

from training.measures.evaluate import Evaluation, Interval
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
from training.reports.performance_plots import run_pictures
from training.reports.sections.names import (
    MEASURES,
    RATES,
    label_of,
    refit_in_words,
    sample_name,
    validation_name,
)
from training.run import TrainedRun


def discrimination_section(run: TrainedRun) -> Section:
    """Return the section with the measures by sample, the pictures and the grades."""
    held = validation_name(run)
    by_grade = say(
        f"按等级：预期与实际（{held.zh}）", f"By grade: expected against observed ({held.en})"
    )
    return Section(
        "discrimination",
        say("排序与校准", "Discrimination and calibration"),
        (
            _measures(run, "ranking", say("排序", "Ranking"), ("auc", "gini", "ks")),
            _measures(
                run, "calibration", say("校准", "Calibration"),
                ("brier", "ece", "bad_rate", "expected_bad_rate"),
            ),
            Prose(_measured(run), "soft"),
            Pictures(tuple(Picture(name, svg) for name, svg in run_pictures(run).items())),
            Heading(by_grade),
            _grades(run.performance.evaluations[run.samples.validated_on]),
            _scale(run),
            *_long_run(run),
        ),
    )  # fmt: skip


def _measures(run: TrainedRun, name: str, title: Text, measures: tuple[str, ...]) -> Table:
    evaluations = run.performance.evaluations
    columns = (
        Column(say("样本", "sample")),
        Column(say("行数", "rows"), "count"),
        Column(say("不良", "bads"), "count"),
        *(
            Column(MEASURES[m], "rate", 2) if m in RATES else Column(MEASURES[m], "interval", 3)
            for m in measures
        ),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (sample_name(sample), e.rows, e.bad_rows, *(e.measures[m] for m in measures))
        for sample, e in evaluations.items()
    )
    return Table(name, title, columns, rows)


def _measured(run: TrainedRun) -> Text:
    again = refit_in_words(run)
    return say(
        f"区间为 95 %，由按行自助法得到。{again.zh}",
        f"Intervals are 95 %, by a bootstrap of rows. {again.en}",
    )


def _grades(evaluation: Evaluation) -> Table:
    columns = (
        Column(say("等级", "grade")),
        Column(say("行数", "rows"), "count"),
        Column(say("占比", "share"), "percent", 1),
        Column(say("不良", "bads"), "count"),
        Column(say("预期不良率", "expected"), "percent", 2),
        Column(say("实际不良率", "observed"), "rate", 2),
        Column(say("预期在区间内", "expected within"), "text"),
    )
    rows = tuple(
        (
            row.grade, row.rows, row.rows / evaluation.rows, row.bads, row.expected,
            Interval(row.observed, row.low, row.high),
            say("是", "yes") if row.low <= row.expected <= row.high else say("否", "no"),
        )
        for row in evaluation.grades
    )  # fmt: skip
    return Table("grades", say("等级", "Grades"), columns, rows)


def _scale(run: TrainedRun) -> Prose:
    calibration, scaling = run.learned.calibration, run.card.scaling
    return Prose(say(
        f"校准：交叉验证对数几率的斜率 {calibration.slope:.3f}、截距 {calibration.intercept:.3f}，"
        f"取整前已计入分数；{scaling.anchor_points} 分对应好坏比 {scaling.anchor_odds:g}:1，每"
        f" {scaling.pdo} 分翻倍。",
        f"Calibration: slope {calibration.slope:.3f} and intercept {calibration.intercept:.3f} of"
        f" the cross-validated log odds, applied before rounding; {scaling.anchor_points} points"
        f" are {scaling.anchor_odds:g}:1 good to bad, {scaling.pdo} points double the odds.",
    ))  # fmt: skip


def _long_run(run: TrainedRun) -> tuple[Prose, ...]:
    """Return what moves the PDs from the scale's odds to those of an average year."""
    line = run.learned.long_run
    if line is None:
        return ()
    rates = "，".join(f"{rate:.2%}" for rate in line.rates[::-1])
    said = say(
        f"违约概率按长期平均：各年不良率（自最早）{rates}，平均 {line.rates.mean():.2%}；"
        f"年内对数几率斜率 {line.slope:.3f}，截距 {line.intercept:+.3f}。分数与排序不变。",
        f"PDs are those of an average year: bad rates by year from the first"
        f" {rates.replace('，', ', ')}, mean {line.rates.mean():.2%}; slope of the log odds within"
        f" years {line.slope:.3f}, intercept {line.intercept:+.3f}. Points and ranks stay.",
    )
    return (Prose(said),)


def stability_section(run: TrainedRun) -> Section:
    """Return the section with the shift of the points and of every attribute."""
    shifts = sorted(run.performance.attribute_psi.items(), key=lambda entry: -entry[1])
    columns = (Column(say("指标", "attribute")), Column(say("PSI"), "number", 3))
    rows = tuple((label_of(run, name), psi) for name, psi in shifts)
    return Section(
        "stability",
        say("稳定性", "Stability"),
        (
            Prose(say(
                "开发样本到验证样本，按评分卡冻结的分箱（含缺失与超范围）：低于 0.1 变化小，高于"
                f" 0.25 变化大。总分 PSI {run.performance.points_psi:.3f}。",
                "From development to validation, over the card's frozen bins, missing and out of"
                " range included. Below 0.1 the shift is small, above 0.25 it is large. PSI of the"
                f" points: {run.performance.points_psi:.3f}.",
            )),
            Table("stability", say("PSI"), columns, rows),
        ),
    )  # fmt: skip
