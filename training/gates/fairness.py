"""Gates on fairness: gaps between protected groups, and proxies for them, within limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from model.card.scorecard import Card
from model.profile.dictionary import Dictionary, Text
from training.fairness.findings import AttributeFairness, Gap, Proxy
from training.fairness.measure import fairness_report
from training.gates.called import called, called_by, listed
from training.gates.evidence import Evidence
from training.gates.verdict import Verdict, judge_limit, not_applicable
from training.measures.evaluate import Interval
from training.samples.groups import MIN_GROUP_ROWS
from training.samples.limits import Limits

_SEED = 54
_NO_DICTIONARY, _NO_TEXT = Dictionary({}, ""), Text("", "")
_TOO_SMALL = Text(
    f"没有两个群体各有 {MIN_GROUP_ROWS} 行以上", f"no two groups have {MIN_GROUP_ROWS} rows each"
)
_FIND_SOURCES = Text("查明差距来自哪些指标", "find which attributes bring the gap")
_DEFINITIONS = {
    "approval_ratio": Text("通过率与最高组之比", "approval rate over the highest group's"),
    "true_positive_gap": Text("好户通过率与总体之差", "approved share of goods against all"),
    "false_positive_gap": Text("坏户通过率与总体之差", "approved share of bads against all"),
    "calibration_gap": Text("实际减预期不良率与总体之差", "observed less expected against all"),
}


def fairness_gates(evidence: Evidence, limits: Limits) -> Iterator[Verdict]:
    """Yield the verdicts by protected attribute, on the validation rows."""
    notes = evidence.notes
    report = evidence.fairness or fairness_report(
        evidence.judged,
        evidence.rows,
        notes.sample,
        (notes.cut_off or 0, _NO_TEXT),
        _NO_DICTIONARY,
        _SEED,
    )
    if report is None or notes.cut_off is None:
        reason = Text("样本没有受保护群体", "the sample has no protected groups")
        yield not_applicable("FAIRNESS", reason)
        return
    if not any(attribute.gaps for attribute in report.attributes):
        yield not_applicable("FAIRNESS", _TOO_SMALL)
    for attribute in report.attributes:
        for gap in attribute.gaps:
            yield _judge_gap(attribute, gap, limits)
    for proxy in report.proxies:
        yield _judge_proxy(proxy, evidence.judged, limits)


def offer_gates(evidence: Evidence, limits: Limits) -> Iterator[Verdict]:
    """Yield the verdicts on who of all consenting members gets an offer."""
    if evidence.notes.offer_gaps is None:
        reason = Text("没有全体会员的决策", "there are no decisions on all members")
        yield not_applicable("FAIRNESS_OFFERS", reason)
        return
    for name, gap in evidence.notes.offer_gaps.items():
        yield _judge_offers(name, gap, evidence.judged, limits)


def _judge_offers(name: str, gap: Mapping[str, Any], card: Card, limits: Limits) -> Verdict:
    brought, what = listed(called_by(card, each) for each in gap["sources"]), called_by(card, name)
    return judge_limit(
        f"FAIRNESS_OFFERS_{name}".upper(), Interval(gap["value"], gap["low"], gap["high"]),
        limits.of("offer_ratio_least", name), "least",
        Text(
            f"{what.zh} = {gap['group']}：可借会员中获得额度的比例与最高组之比",
            f"{what.en} = {gap['group']}: share of offers among members who may borrow, over the"
            " highest group's",
        ),
        Text(
            f"差距来自 {brought.zh}；查看去掉它们的代价",
            f"the gap comes from {brought.en}; see what removing them would cost",
        ) if gap["sources"] else _FIND_SOURCES,
        limits.of("offer_ratio_watch", name),
    )  # fmt: skip


def _judge_gap(attribute: AttributeFairness, gap: Gap, limits: Limits) -> Verdict:
    name, definition = attribute.attribute, _DEFINITIONS[gap.measure]
    own = called(name, attribute.label)
    what = Text(
        f"{own.zh} = {gap.group}：{definition.zh}", f"{own.en} = {gap.group}: {definition.en}"
    )
    remedy = Text(
        f"查明哪些指标使 {gap.group} 失分，剔除代理指标后重新训练",
        f"find which attributes cost {gap.group} points; drop the proxies, and train again",
    )
    gate = f"FAIRNESS_{gap.measure}_{name}".upper()
    if gap.measure == "approval_ratio":
        limit = limits.of("approval_ratio_least", name)
        ratio = Interval(gap.value, gap.low, gap.high)
        return judge_limit(gate, ratio, limit, "least", what, remedy)
    limit = limits.of(f"{gap.measure}_most", name)
    return judge_limit(gate, _gap_size(gap), limit, "most", what, remedy)


def _gap_size(gap: Gap) -> Interval:
    """Return the absolute size of a gap."""
    low, high = sorted((abs(gap.low), abs(gap.high)))
    return Interval(abs(gap.value), 0.0 if gap.low <= 0 <= gap.high else low, high)


def _judge_proxy(proxy: Proxy, card: Card, limits: Limits) -> Verdict:
    name, what = proxy.protected, called_by(card, proxy.protected)
    named = [(called_by(card, each), area) for each, area in proxy.strongest[:3]]
    strongest = listed(Text(f"{a.zh} {area:.2f}", f"{a.en} {area:.2f}") for a, area in named)
    return judge_limit(
        f"PROXY_{name}".upper(), Interval.exact(proxy.auc), limits.of("proxy_auc_most", name),
        "most",
        Text(
            f"评分卡各箱识别 {what.zh} 的 AUC（最强：{strongest.zh}）",
            f"AUC of the card's bins for {what.en} (strongest: {strongest.en})",
        ),
        Text(f"剔除 {what.zh} 的代理指标", f"drop the attributes that are proxies for {what.en}"),
        limits.of("proxy_auc_watch", name),
    )  # fmt: skip
