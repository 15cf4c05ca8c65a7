"""The section of the gates: verdict, what failed or was flagged first, and every gate."""

from __future__ import annotations

from training.gates.verdict import GateVerdicts, Verdict
from training.reports.parts import Cell, Column, Part, Prose, Section, Table, Text, Unmeasured, say
from training.reports.sections.names import sample_name
from training.run import TrainedRun

_NAME, _TITLE = "gates", say("上线门槛", "Gates")
_COLUMNS = (
    Column(say("结论", "verdict"), "status"),
    Column(say("门槛", "gate"), "code"),
    Column(say("数值", "value"), "number", 4),
    Column(say("限值", "limit"), "number", 4),
    Column(say("发现", "finding")),
    Column(say("处置", "remedy")),
)
_ORDER = {"fail": 0, "flag": 1, "pass": 2, "none": 3}


def gates_section(run: TrainedRun) -> Section:
    """Return the section."""
    if run.gates is None:
        return Section(_NAME, _TITLE, (Unmeasured(say(
            "门槛尚未评判，将在审批上线时评判",
            "the gates have not judged this card yet; they judge it at promotion",
        )),))  # fmt: skip
    parts: tuple[Part, ...] = (verdict_of(run.gates), _against(run.gates), gates_table(run.gates))
    return Section(_NAME, _TITLE, parts)


def verdict_of(gates: GateVerdicts) -> Prose:
    """Return whether the card may replace the one in use, in words."""
    first = gates.champion_digest is None
    use = (
        say("启用", "be put in use") if first else say("替换在用评分卡", "replace the card in use")
    )
    if not gates.passed:
        failed = len(gates.failed)
        return Prose(say(
            f"不得{use.zh}：{failed} 项未过", f"Must not {use.en}: {failed} gates failed"
        ), "fail")  # fmt: skip
    if gates.flagged:
        flags = len(gates.flagged)
        return Prose(say(
            f"可以{use.zh}；{flags} 项提请审批人注意",
            f"May {use.en}; {flags} flags for the approver",
        ), "flag")  # fmt: skip
    return Prose(say(f"可以{use.zh}", f"May {use.en}"), "pass")


def gates_table(gates: GateVerdicts) -> Table:
    """Return the verdicts, failed and flagged first."""
    ranked = sorted(gates.verdicts, key=lambda verdict: _ORDER[verdict.status])
    return Table(_NAME, _TITLE, _COLUMNS, tuple(_row(verdict) for verdict in ranked))


def open_gates(gates: GateVerdicts, most: int) -> Table:
    """Return at most `most` failed and flagged gates, without codes: what to decide, in words."""
    columns = tuple(column for column in _COLUMNS if column.kind in ("status", "text"))
    rows = tuple((v.status, v.finding, v.remedy) for v in (*gates.failed, *gates.flagged)[:most])
    return Table("open_gates", say("需要决定的事项", "What needs a decision"), columns, rows)


def _row(verdict: Verdict) -> tuple[Cell, ...]:
    is_open = verdict.status in ("fail", "flag")
    return (
        verdict.status, verdict.gate, verdict.value, verdict.limit, verdict.finding,
        verdict.remedy if is_open else None,
    )  # fmt: skip


def _against(gates: GateVerdicts) -> Prose:
    champion = gates.champion_digest
    sample: Text = sample_name(gates.sample)
    return Prose(say(
        f"在用评分卡：{champion[:16] if champion else '无'}；限值日 {gates.judged_on}，摘要"
        f" {gates.limits_digest[:16]}；样本：{sample.zh}。",
        f"Champion: {champion[:16] if champion else 'none'}; limits of {gates.judged_on}, digest"
        f" {gates.limits_digest[:16]}; sample: {sample.en}.",
    ), "soft")  # fmt: skip
