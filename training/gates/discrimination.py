"""Gates on discrimination: better than chance, no worse than the champion, and not too good.

An attribute that is too good to be true was recorded after the outcome: a leak.
"""

from __future__ import annotations

from collections.abc import Iterator

from model.card.scorecard import Card
from model.profile.dictionary import Text
from training.gates.evidence import Evidence
from training.gates.verdict import Status, Verdict, judge_limit, not_applicable, status
from training.measures.discrimination import auc_difference, auc_of_scores, delong
from training.measures.evaluate import Interval
from training.samples.limits import Limits

_SEED = 54
_SIGNIFICANT = 0.05
#: The champion of other data may have many absent attributes; the message names this many.
_MAX_NAMED = 5
_MORE_DATA = Text(
    "增加数据或指标后重新训练；不得降低限值", "train again with more data or attributes"
)
_COMPARABLE = Text(
    "用仍含这些指标的数据字典重新训练；若属另一类数据，请用 --home 指定单独的目录",
    "train with a dictionary that still scores them; data of another kind needs a home of its own"
    " (--home)",
)
_KEEP = Text(
    "保留在用评分卡，或重新训练后再申请", "keep the champion, or train again and apply anew"
)


def discrimination_gates(
    evidence: Evidence, champion: Card | None, limits: Limits
) -> Iterator[Verdict]:
    """Yield the verdicts on discrimination."""
    points = evidence.totals()
    # Against constant points the standard error is that of the AUC itself.
    tested = delong(points, points * 0, evidence.rows.bad)
    lower = Interval.exact(tested.first - 1.96 * tested.standard_error)
    what = Text("验证样本 AUC 的下限", "lower end of the AUC on validation")
    yield judge_limit("AUC_ABOVE_CHANCE", lower, limits["auc_least"], "least", what, _MORE_DATA)
    yield _against_champion(evidence, champion, limits)


def _against_champion(evidence: Evidence, champion: Card | None, limits: Limits) -> Verdict:
    gate, limit = "AUC_AGAINST_CHAMPION", limits["auc_loss_most"]
    if champion is None:
        return not_applicable(gate, Text("尚无在用评分卡", "no card is in use yet"))
    if absent := _absent_attributes(champion, evidence):
        return Verdict(gate, "fail", None, limit, _not_comparable(absent), _COMPARABLE)
    own, others = evidence.totals(), evidence.totals(champion)
    tested = delong(own, others, evidence.rows.bad)
    gain, low, high = auc_difference(own, others, evidence.rows, _SEED)
    loss = Interval(-gain, -high, -low)
    is_worse = gain < 0 and (high < 0 or tested.p_value < _SIGNIFICANT)
    has_failed = is_worse or loss.value > limit
    finding = Text(
        f"AUC {tested.first:.4f}，在用评分卡 {tested.second:.4f}；损失 {loss}，"
        f"DeLong p={tested.p_value:.3f}，限值至多 {limit:g}",
        f"AUC {tested.first:.4f}, champion {tested.second:.4f}; loss {loss}, DeLong"
        f" p={tested.p_value:.3f}, limit at most {limit:g}",
    )
    found: Status = "fail" if has_failed else status(loss, limit, "most", watch=0.0)
    return Verdict(gate, found, loss.value, limit, finding, _KEEP)


def _not_comparable(absent: list[str]) -> Text:
    names, more = ", ".join(absent[:_MAX_NAMED]), len(absent) - _MAX_NAMED
    return Text(
        f"无法比较：验证样本缺少在用评分卡的指标 {names}"
        + (f" 等 {len(absent)} 项" if more > 0 else ""),
        f"not comparable: the champion scores {names}"
        + (f" and {more} more" if more > 0 else "")
        + ", which the validation rows lack",
    )


def _absent_attributes(champion: Card, evidence: Evidence) -> list[str]:
    try:
        champion.codes({name: values[:1] for name, values in evidence.rows.columns.items()})
    except KeyError:
        return sorted(set(champion.inputs) - set(evidence.rows.columns))
    return []


def leak_gates(evidence: Evidence, limits: Limits) -> Iterator[Verdict]:
    """Yield the verdicts on the strongest attribute, alone and beside the second.

    An attribute's AUC is that of its points on validation, missing and out of range included: it
    reveals a field that is filled in only after a loan fails.
    """
    ranked = _attribute_aucs(evidence)
    (name, first), (_, second) = [*ranked, ("", 0.5)][:2]
    remedy = Text(
        f"核实 {name} 在申请时是否已知；若否，不得用于评分",
        f"check that {name} is known when the loan is applied for; if not, do not score it",
    )
    yield judge_limit(
        "ATTRIBUTE_TOO_GOOD", Interval.exact(first), limits["attribute_auc_most"], "most",
        Text(f"最强指标 {name} 单独的 AUC", f"AUC of {name} alone, the strongest attribute"),
        remedy, limits["attribute_auc_watch"],
    )  # fmt: skip
    lead, limit = first - second, limits["attribute_lead_watch"]
    finding = Text(
        f"{name} 领先第二名 {lead:.4f}，关注值 {limit:g}",
        f"{name} leads the second by {lead:.4f} AUC, watch at {limit:g}",
    )
    found: Status = "flag" if lead > limit and len(ranked) > 1 else "pass"
    yield Verdict("ATTRIBUTE_LEAD", found, lead, limit, finding, remedy)


def _attribute_aucs(evidence: Evidence) -> list[tuple[str, float]]:
    """Return each attribute's AUC by its own points on validation, strongest first."""
    card = evidence.card
    points = card.points_by_attribute(card.codes(evidence.rows.columns))
    areas = [
        (name, auc_of_scores(points[:, column], evidence.rows.bad))
        for column, name in enumerate(card.attributes)
    ]
    return sorted(areas, key=lambda entry: -entry[1])
