"""The sections on fairness by protected group, and on reject inference."""

from __future__ import annotations

from collections.abc import Iterator

from training.fairness.findings import AttributeFairness, FairnessReport, GroupRow, Rate
from training.fairness.offers import OffersReport, Source
from training.measures.evaluate import Interval
from training.reports.parts import (
    Cell,
    Column,
    Heading,
    Part,
    Prose,
    Section,
    Table,
    Text,
    Unmeasured,
    facts,
    say,
)
from training.reports.sections.names import sample_name
from training.run import TrainedRun

_MEASURES = {
    "approval_ratio": say("通过率与最高组之比", "approval rate over the highest group's"),
    "true_positive_gap": say("好户通过率与总体之差", "approved share of goods against all"),
    "false_positive_gap": say("坏户通过率与总体之差", "approved share of bads against all"),
    "calibration_gap": say("实际减预期不良率与总体之差", "observed less expected against all"),
}
_RATES = {
    "approval": say("批准率", "approved"),
    "true_positive": say("好户批准", "goods approved"),
    "false_positive": say("坏户批准", "bads approved"),
    "bad_rate": say("不良率", "bad rate"),
}


def fairness_section(run: TrainedRun) -> Section:
    """Return the section on fairness."""
    report, title = run.performance.fairness, say("公平性", "Fairness")
    if report is None:
        return Section("fairness", title, (Unmeasured(say(
            "样本没有受保护群体（字典中角色为 audit 的列）",
            "the sample has no protected groups (columns of role audit in the dictionary)",
        )),))  # fmt: skip
    groups = (part for attribute in report.attributes for part in _groups(attribute))
    offers = _offers(run.performance.offers)
    return Section(
        "fairness", title, (_basis(report), *groups, *_gaps(report), *_proxies(report), *offers)
    )


def _offers(report: OffersReport | None) -> Iterator[Part]:
    """Yield the decisions on all consenting members by group, and what brings the widest gaps."""
    if report is None:
        return
    yield Heading(say("全体会员的决策", "Decisions on all members"))
    yield Prose(say(
        f"截至 {report.as_of}，已授权会员 {report.members:,} 人全部按本评分卡和政策决策；"
        f"其中 {report.may_borrow:,} 人未被准入规则排除，比例以他们为分母。",
        f"As of {report.as_of} every consenting member, {report.members:,}, was decided by this"
        f" card and the policy. Shares are of the {report.may_borrow:,} whom no rule excludes.",
    ))  # fmt: skip
    columns = (
        Column(say("群体", "group")),
        Column(say("已授权会员", "consenting members"), "count"),
        Column(say("获得额度", "offered"), "rate", 1),
        Column(say("平均额度（元）", "mean limit (yuan)"), "number", 0),
        Column(say("平均年利率", "mean yearly rate"), "percent", 2),
    )
    for each in report.attributes:
        rows = tuple(
            (row.group, row.members, _interval(row.offered), row.limit_yuan, row.annual_rate)
            for row in each.groups
        )
        yield Heading(each.label)
        yield Table(f"offers {each.attribute}", each.label, columns, rows)
    yield from _offer_gaps(report)
    yield from _margins(report)


def _margins(report: OffersReport) -> Iterator[Part]:
    """Yield what the offers earn and cost."""
    if not report.margins:
        return
    title = say(
        "额度的收益与成本（每年，占放款额）",
        "What the offers earn and cost (a year, of the amount)",
    )
    columns = (
        Column(say("等级", "tier or grade")),
        Column(say("额度数", "offers"), "count"),
        Column(say("平均额度（元）", "mean limit (yuan)"), "number", 0),
        Column(say("平均违约概率", "mean PD"), "percent", 2),
        Column(say("利率", "rate"), "percent", 2),
        Column(say("预期损失", "expected loss"), "percent", 2),
        Column(say("资金、经办与资本", "funds, handling, capital"), "percent", 2),
        Column(say("余留", "margin"), "percent", 2),
    )
    rows = tuple(
        (row.name, row.offers, row.mean_limit, row.pd, row.rate, row.expected_loss, row.cost,
         row.margin)
        for row in report.margins
    )  # fmt: skip
    yield Heading(title)
    yield Table("margins", title, columns, rows)


def _source(source: Source) -> str:
    return f"{source.attribute} {source.points:+.1f} (AUC {source.auc_cost:+.4f})"


def _offer_gaps(report: OffersReport) -> Iterator[Part]:
    title = say("获得额度的最大差距", "Widest gaps of offers")
    rows = tuple(
        (
            each.label, each.widest.group,
            Interval(each.widest.value, each.widest.low, each.widest.high),
            "; ".join(_source(source) for source in each.sources),
        )
        for each in report.attributes
        if each.widest is not None
    )  # fmt: skip
    if not rows:
        return
    columns = (
        Column(say("属性", "attribute")),
        Column(say("比例最低的群体", "group with the least share")),
        Column(say("与最高组之比", "ratio to the highest"), "interval", 3),
        Column(say(
            "差距来自（平均分差；去掉该指标所失 AUC）",
            "brought by (mean points; AUC lost without it)",
        )),
    )  # fmt: skip
    yield Heading(title)
    yield Table("offer gaps", title, columns, rows)


def _basis(report: FairnessReport) -> Prose:
    sample, origin = sample_name(report.sample), report.cut_off_from
    return Prose(say(
        f"样本：{sample.zh}；{report.cut_off} 分及以上视为批准（{origin.zh}）。"
        "小群体的比率向全体收缩，附 95 % 区间。",
        f"Sample: {sample.en}. From {report.cut_off} points a row counts as approved ({origin.en})."
        " Rates of small groups are shrunk towards all, with 95 % intervals.",
    ))  # fmt: skip


def _groups(attribute: AttributeFairness) -> Iterator[Part]:
    columns = (
        Column(say("群体", "group")),
        Column(say("行数", "rows"), "count"),
        Column(say("不良", "bads"), "count"),
        *(Column(text, "rate", 1) for text in _RATES.values()),
        Column(say("预期不良率", "expected bad rate"), "percent", 1),
    )
    yield Heading(attribute.label)
    rows = tuple(_group(group) for group in attribute.groups)
    yield Table(f"fairness {attribute.attribute}", attribute.label, columns, rows)


def _group(group: GroupRow) -> tuple[Cell, ...]:
    rates = (_interval(group.rates.get(name)) for name in _RATES)
    return group.group, group.rows, group.bads, *rates, group.expected_bad_rate


def _interval(rate: Rate | None) -> Interval | None:
    return Interval(rate.value, rate.low, rate.high) if rate else None


def _gaps(report: FairnessReport) -> Iterator[Part]:
    rows = tuple(
        (attribute.label, _MEASURES[gap.measure], gap.group, Interval(gap.value, gap.low, gap.high))
        for attribute in report.attributes
        for gap in attribute.gaps
    )
    if rows:
        columns = (
            Column(say("属性", "attribute")),
            Column(say("指标", "measure")),
            Column(say("差距最大的群体", "group farthest off")),
            Column(say("数值", "value"), "interval", 3),
        )
        yield Heading(say("最大差距", "Widest gaps"))
        yield Table("gaps", say("最大差距", "Widest gaps"), columns, rows)


def _proxies(report: FairnessReport) -> Iterator[Part]:
    if not report.proxies:
        return
    columns = (
        Column(say("受保护属性", "protected")),
        Column(say("AUC"), "number", 3),
        Column(say("解释度", "explained"), "percent", 1),
        Column(say("最强的单个指标", "strongest single attributes")),
    )
    rows = tuple(
        (p.protected, p.auc, p.explained, "; ".join(f"{n} {a:.3f}" for n, a in p.strongest))
        for p in report.proxies
    )
    yield Heading(say("代理变量：入模指标识别受保护群体的能力",
                      "Proxies: how well the card's attributes predict protected"
                      " groups"))  # fmt: skip
    yield Table("proxies", say("代理变量", "Proxies"), columns, rows)


def reject_section(run: TrainedRun) -> Section:
    """Return the section on reject inference."""
    found, title = run.learned.reject_inference, say("拒绝推断", "Reject inference")
    if found is None:
        return Section("reject", title, (Unmeasured(say(
            "本次训练没有无结局的样本；被拒绝者与未申请者的风险未知",
            "the run had no rows without an outcome; the risk of the declined, and of those who"
            " never applied, is unknown",
        )),))  # fmt: skip
    rates = f"{found.observed_bad_rate:.2%} / {found.inferred_bad_rate:.2%}"
    rows: list[tuple[Text, Cell]] = [
        (say("方法", "method"), found.method),
        (say("推断对象", "population"), found.population),
        (say("有结局 / 无结局的行", "rows with / without outcome"),
         f"{found.observed:,} / {found.unobserved:,}"),
        (say("选择模型 AUC（0.5 为随机）", "selection AUC (0.5: chance)"), found.selection_auc),
        (say("已放款不良率 / 推断不良率", "bad rate booked / inferred"), rates),
        (say("有效行数", "effective rows"), f"{found.effective_rows:,.0f}"),
        (say("折外 AUC：用此法 / 不推断", "out-of-fold AUC with / without"),
         f"{found.auc:.4f} / {found.auc_without:.4f}"),
    ]  # fmt: skip
    return Section("reject", title, (facts("reject", title, rows),))
