"""A validator's checklist, filled from the run: data, concept, outcomes, monitoring, limits.

The questions are those of model validation (Federal Reserve & OCC 2011, SR 11-7, sec. V; ECB 2019,
*Instructions for reporting the validation results of internal models*). The run answers what it can
measure; the rest stays open for a person.
"""

from __future__ import annotations

from collections.abc import Iterator

from training.reports.parts import Cell, Column, Prose, Section, Table, Text, say
from training.reports.sections.attributes import bins_with_few_rows, pair_terms
from training.reports.sections.data import outcome_in_words
from training.reports.sections.names import is_table
from training.reports.sections.quality import ordered_codes
from training.run import TrainedRun
from training.samples.draft import may_be_protected

#: Bads an attribute: the usual floor for a regression (Peduzzi et al. 1996).
_BADS_AN_ATTRIBUTE = 10
_MOST_MISSING = 0.5
_TOPICS = {
    "data": say("数据", "Data"),
    "concept": say("方法", "Concept"),
    "outcomes": say("结果", "Outcomes"),
    "monitoring": say("监控", "Monitoring"),
    "limits": say("局限", "Limits"),
}
Item = tuple[str, Text, Text, str]


def checklist_section(run: TrainedRun) -> Section:
    """Return the section."""
    columns = (
        Column(say("方面", "topic")),
        Column(say("问题", "question")),
        Column(say("本次训练的回答", "answer from this run")),
        Column(say("状态", "state"), "status"),
        Column(say("验证人意见", "validator's remark")),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (_TOPICS[topic], question, answer, state, say(""))
        for topic, question, answer, state in _items(run)
    )
    return Section(
        "checklist",
        say("验证清单", "Validator's checklist"),
        (
            Prose(say(
                "回答由本次训练的数字填写；“待人工”的问题须由验证人回答。",
                "Answers are filled from the run's figures; a question “to be done” waits for the"
                " validator.",
            ), "soft"),
            Table("checklist", say("验证清单", "Checklist"), columns, rows),
        ),
    )  # fmt: skip


def _items(run: TrainedRun) -> Iterator[Item]:
    yield from _data(run)
    yield from _concept(run)
    yield from _outcomes(run)
    yield from _monitoring(run)
    yield from _limits(run)


def _data(run: TrainedRun) -> Iterator[Item]:
    source = run.origin.source.facts
    digest = source["data_digest"][:16]
    yield ("data", say("数据能否追溯、重现？", "Is the data traceable, the card repeatable?"), say(
        f"{source['source']}，SHA-256 {digest}，随机种子 {run.origin.settings.seed}；"
        "同样的数据与设置得到同样的字节。",
        f"{source['source']}, SHA-256 {digest}, seed {run.origin.settings.seed}; equal data and"
        " settings give equal bytes.",
    ), "pass")  # fmt: skip
    yield (
        "data", say("结果与期间如何定义？", "How is the outcome defined, over which period?"),
        outcome_in_words(run)[-1], "flag" if is_table(run) else "pass",
    )  # fmt: skip
    bads, attributes = run.samples.development.bads, len(run.card.attributes)
    held = run.samples.validation.bads
    yield ("data", say("不良是否够多？", "Are there enough bads?"), say(
        f"开发 {bads:,}，每项指标 {bads / attributes:.1f}（通常至少 {_BADS_AN_ATTRIBUTE}）；验证"
        f" {held:,}。",
        f"{bads:,} in development, {bads / attributes:.1f} an attribute (usually at least"
        f" {_BADS_AN_ATTRIBUTE}); {held:,} in validation.",
    ), "pass" if bads >= _BADS_AN_ATTRIBUTE * attributes else "flag")  # fmt: skip
    missing = mostly_missing(run)
    yield ("data", say("缺失是否严重？", "Is much missing?"), say(
        f"缺失过半的入模指标：{', '.join(missing) or '无'}。",
        f"Attributes of the card with more than half missing: {', '.join(missing) or 'none'}.",
    ), "flag" if missing else "pass")  # fmt: skip
    yield ("data", say("样本能否代表申请人？", "Do the rows stand for future applicants?"), say(
        "由验证人判断：见“训练数据”的排除与“局限”。",
        "For the validator: see the exclusions under training data, and the limitations.",
    ), "open")  # fmt: skip


def mostly_missing(run: TrainedRun) -> list[str]:
    """Return the card's attributes of which more than half is missing in development."""
    codes = run.card.codes(run.samples.development.columns)
    return [
        name
        for name in run.card.attributes
        if (codes[name] == run.card.bins[name].missing).mean() > _MOST_MISSING
    ]


def _concept(run: TrainedRun) -> Iterator[Item]:
    tried = ", ".join(row.name for row in run.comparison.leaderboard) or run.origin.settings.family
    yield ("concept", say("为何选此方法？", "Why this method?"), say(
        f"试过 {tried}；按交叉验证对数损失选 {run.origin.settings.family}。",
        f"Tried: {tried}; {run.origin.settings.family} was chosen by log loss out of fold.",
    ), "pass")  # fmt: skip
    directions = [run.origin.dictionary[name].direction for name in run.card.attributes]
    free = directions.count("free")
    yield ("concept", say("方向是否合乎常理？", "Do the directions make sense?"), say(
        f"{len(directions) - free} 项声明了方向并已强制；{free} 项未声明，请逐表核对。",
        f"{len(directions) - free} attributes have a declared direction, which is enforced; {free}"
        " have none: read their tables.",
    ), "flag" if free else _gate(run, "DIRECTIONS"))  # fmt: skip
    protected = [name for name in run.card.attributes if may_be_protected(name)]
    if protected:
        yield ("concept", say("是否对受保护属性评分？", "Is a protected attribute scored?"), say(
            f"按名称可能受保护的入模指标：{', '.join(protected)}。",
            f"Scored, and protected to judge by their names: {', '.join(protected)}.",
        ), "flag")  # fmt: skip
    codes = ordered_codes(run)
    if codes:
        yield ("concept", say("代码是否被当作有序？", "Are codes taken as ordered?"), say(
            f"{', '.join(codes)}：按大小排序。", f"{', '.join(codes)}: taken as ordered.",
        ), "flag")  # fmt: skip
    few, pairs = bins_with_few_rows(run), len(pair_terms(run.card))
    yield ("concept", say("分数是否有足够的行支持？", "Do enough rows carry the points?"), say(
        f"{few} 个普通分箱行数过少（已标 †）；{pairs} 个组合须逐图核对。",
        f"{few} ordinary bins have few rows (marked †); {pairs} pairs to be read as pictures.",
    ), "flag" if few else "pass")  # fmt: skip


def _outcomes(run: TrainedRun) -> Iterator[Item]:
    for codes, question in (
        (("AUC_ABOVE_CHANCE",), say("在未见过的行上能否排序？", "Does it rank rows it never saw?")),
        (("AUC_AGAINST_CROSS_VALIDATION",), say("是否过拟合？", "Has it overfitted?")),
        (
            ("CARD_AGAINST_ONE_ATTRIBUTE",),
            say("是否胜过单个指标？", "Is it better than one attribute?"),
        ),
        (("ATTRIBUTE_TOO_GOOD",), say("有无泄漏？", "Does an attribute leak the outcome?")),
        (("CALIBRATION_ERROR",), say("违约概率是否准确？", "Do PDs hold?")),
        (("POINTS_STABILITY",), say("分数是否稳定？", "Are the points stable?")),
        (("ATTRIBUTE_STABILITY",), say("指标是否稳定？", "Are the attributes stable?")),
        (
            ("AUC_AGAINST_CHAMPION",),
            say("是否不差于在用评分卡？", "Is it no worse than the champion?"),
        ),
    ):
        yield from _of_gates(run, codes, question)
    yield _fairness(run)
    yield _against_challengers(run)


def _of_gates(run: TrainedRun, codes: tuple[str, ...], question: Text) -> Iterator[Item]:
    for verdict in run.gates.verdicts if run.gates else ():
        if verdict.gate in codes:
            yield "outcomes", question, verdict.finding, verdict.status


def _fairness(run: TrainedRun) -> Item:
    question = say("对受保护群体是否公平？", "Is it fair to protected groups?")
    verdicts = [
        v for v in (run.gates.verdicts if run.gates else ())
        if v.gate.startswith(("FAIRNESS", "PROXY"))
    ]  # fmt: skip
    judged = [v for v in verdicts if v.status != "none"]
    if not judged:
        return "outcomes", question, say(
            "样本没有可比较的受保护群体：由验证人另行检查。",
            "The sample has no protected groups to compare: to be checked otherwise.",
        ), "open"  # fmt: skip
    failed, flagged = (sum(v.status == s for v in judged) for s in ("fail", "flag"))
    return "outcomes", question, say(
        f"{len(judged)} 项检查：{failed} 未过，{flagged} 提请注意。",
        f"{len(judged)} checks: {failed} failed, {flagged} flagged.",
    ), "fail" if failed else "flag" if flagged else "pass"  # fmt: skip


def _against_challengers(run: TrainedRun) -> Item:
    question = say("可解释的代价多大？", "What does being explainable cost?")
    if not run.comparison.held_out:
        return "outcomes", question, say("未拟合对照模型。", "No challenger was fitted."), "open"
    best = max(run.comparison.held_out, key=lambda row: row.auc)
    return "outcomes", question, say(
        f"留出样本上，{best.name} 的 AUC 减评分卡的 AUC：{best.auc_gained}。",
        f"AUC of {best.name} less that of the card, on the held rows: {best.auc_gained}.",
    ), "flag" if best.auc_gained.low > 0 else "pass"  # fmt: skip


def _monitoring(run: TrainedRun) -> Iterator[Item]:
    rows = len(run.samples.fitted)
    yield ("monitoring", say("如何发现它失效？", "How would its failure be noticed?"), say(
        f"学习所用 {rows:,} 行的基线随卡保存；rongzi monitor 监测客群、分数、实际与预期不良，"
        "超限即报警。",
        f"The baseline of the {rows:,} rows it learned from is kept with the card; rongzi monitor"
        " watches"
        " borrowers, points, and bads against expected, and raises alerts beyond its limits.",
    ), "flag" if is_table(run) else "pass")  # fmt: skip
    yield ("monitoring", say("何时复核？由谁？", "When is it reviewed next, and by whom?"), say(
        "由委员会确定。", "For the committee to set.",
    ), "open")  # fmt: skip


def _limits(run: TrainedRun) -> Iterator[Item]:
    flags = ", ".join(v.gate for v in run.gates.flagged) if run.gates else ""
    yield ("limits", say("有哪些未决的提请？", "Which flags need a reason?"), say(
        f"{flags or '无'}。", f"{flags or 'none'}.",
    ), "flag" if flags else "pass")  # fmt: skip
    yield ("limits", say("使用范围是什么？", "What may it be used for?"), say(
        "仅用于与训练样本同类的申请人；局限见本报告。",
        "For applicants of the kind it was trained on; its limitations are in this report.",
    ), "open")  # fmt: skip


def _gate(run: TrainedRun, code: str) -> str:
    verdicts = run.gates.verdicts if run.gates else ()
    return next((v.status for v in verdicts if v.gate == code), "open")
