"""Gates on fairness: gaps between protected groups, and proxies for them, within limits."""

from __future__ import annotations

from collections.abc import Iterator

from model.profile.dictionary import Dictionary, Text
from training.fairness.findings import AttributeFairness, Gap, Proxy
from training.fairness.measure import fairness_report
from training.gates.evidence import Evidence
from training.gates.verdict import Measured, Verdict, bounded, nothing_to_judge
from training.samples.limits import Limits

_SEED = 54
_UNNAMED, _UNSAID = Dictionary({}, ""), Text("", "")
_SAYS = {
    "approval_ratio": Text("通过率与最高组之比", "approval rate over the highest group's"),
    "true_positive_gap": Text("好户通过率与总体之差", "approved share of goods against all"),
    "false_positive_gap": Text("坏户通过率与总体之差", "approved share of bads against all"),
    "calibration_gap": Text("实际减预期不良率与总体之差", "observed less expected against all"),
}


def fairness_gates(evidence: Evidence, limits: Limits) -> Iterator[Verdict]:
    """Yield the verdicts by protected attribute, measured anew on the validation rows."""
    noted = evidence.noted
    found = evidence.fairness or fairness_report(
        evidence.card, evidence.rows, noted.sample, (noted.cut_off or 0, _UNSAID), _UNNAMED, _SEED
    )
    if found is None or noted.cut_off is None:
        told = Text("样本没有受保护分组", "the sample names no protected groups")
        yield nothing_to_judge("FAIRNESS", told)
        return
    for attribute in found.attributes:
        for gap in attribute.gaps:
            yield _gap(attribute, gap, limits)
    for proxy in found.proxies:
        yield _proxy(proxy, limits)


def _gap(attribute: AttributeFairness, gap: Gap, limits: Limits) -> Verdict:
    name, says = attribute.attribute, _SAYS[gap.measure]
    what = Text(f"{name} = {gap.group}：{says.zh}", f"{name} = {gap.group}: {says.en}")
    remedy = Text(
        f"查明哪些指标使 {gap.group} 失分，剔除代理指标后重新训练",
        f"find which attributes cost {gap.group} points; drop what stands proxy, and train again",
    )
    gate = f"FAIRNESS_{gap.measure}_{name}".upper()
    if gap.measure == "approval_ratio":
        limit = limits.of("approval_ratio_least", name)
        found = Measured(gap.value, gap.low, gap.high)
        return bounded(gate, found, limit, "least", what, remedy)
    limit = limits.of(f"{gap.measure}_most", name)
    return bounded(gate, _size(gap), limit, "most", what, remedy)


def _size(gap: Gap) -> Measured:
    """Return the size of a gap that may go either way."""
    low, high = sorted((abs(gap.low), abs(gap.high)))
    return Measured(abs(gap.value), 0.0 if gap.low <= 0 <= gap.high else low, high)


def _proxy(proxy: Proxy, limits: Limits) -> Verdict:
    name = proxy.protected
    strongest = ", ".join(f"{a} {area:.2f}" for a, area in proxy.strongest[:3])
    return bounded(
        f"PROXY_{name}".upper(), Measured.exact(proxy.auc), limits.of("proxy_auc_most", name),
        "most",
        Text(
            f"评分卡各箱识别 {name} 的 AUC（最强：{strongest}）",
            f"AUC of the card's bins for {name} (strongest: {strongest})",
        ),
        Text(f"剔除替代 {name} 的指标", f"drop the attributes that stand proxy for {name}"),
        limits.of("proxy_auc_watch", name),
    )  # fmt: skip
