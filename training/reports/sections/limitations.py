"""The section on the limitations of the card and of its measurement."""

from __future__ import annotations

from collections.abc import Iterator

from training.reports.parts import Prose, Section, Text, say
from training.reports.sections.names import is_table
from training.run import TrainedRun


def limitations_section(run: TrainedRun) -> Section:
    """Return the section; only what holds for this run."""
    parts = tuple(Prose(text, "item") for text in limitations(run))
    return Section("limitations", say("局限", "Limitations"), parts)


def limitations(run: TrainedRun) -> Iterator[Text]:
    """Yield the limitations, the gravest first."""
    if run.learned.reject_inference is None:
        yield say(
            "只有已放款（或表中有结果）的样本有结局；被拒绝者和未申请者没有结局，其风险可能更高。",
            "Outcomes exist for booked loans only (or rows with a target); the declined and those"
            " who never applied are not observed and may be riskier.",
        )
    if is_table(run):
        yield say(
            "留出样本与开发样本来自同一时期：对未来的表现没有证明。",
            "The held rows are of the same time as the development rows: nothing is shown about"
            " later times.",
        )
    bads = run.samples.validation.bads
    auc = run.performance.evaluations[run.samples.validated_on].measures["auc"]
    yield say(
        f"验证样本只有 {bads:,} 个不良，AUC 的 95 % 区间宽 {auc.high - auc.low:.3f}。",
        f"The validation sample has {bads:,} bads; the 95 % interval of the AUC is"
        f" {auc.high - auc.low:.3f} wide.",
    )
    yield say(
        "数字超出合理范围时取该指标最低分；未见过的文字取值不高于平均。",
        "A number outside its plausible range earns the attribute's lowest points; an unknown"
        " spelling earns no more than average.",
    )
    if not is_table(run):
        yield say(
            "指标区间由按行自助法得到，同一借款人的多笔贷款按独立处理，区间偏窄；"
            "差值的区间按借款人抽取。",
            "Intervals of measures draw rows; several loans of one borrower count as independent,"
            " so these intervals are somewhat narrow. Intervals of differences draw borrowers.",
        )
