"""Gates on discrimination: better than chance, no worse than the champion, and not too good.

An attribute that is too good to be true was recorded after the outcome: a leak.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from model.card.scorecard import Card
from model.profile.dictionary import Text
from training.gates.called import called_by, listed
from training.gates.evidence import Evidence
from training.gates.verdict import Status, Verdict, judge_limit, not_applicable, status
from training.measures.discrimination import DeLong, auc_difference, auc_of_scores, delong
from training.measures.evaluate import Interval
from training.samples.limits import Limits

_SEED = 54
_SIGNIFICANT = 0.05
#: The champion of other data may have many absent attributes; the message names this many.
_MAX_NAMED = 5
_MORE_DATA = Text(
    "增加数据或指标后重新训练；不得降低限值", "train again with more data or attributes"
)
_OVERFITTED = Text(
    "改用更简单的模型（--family woe）或增加数据；时间外样本还应查明客群变化",
    "train a simpler family (--family woe) or with more data; out of time, find what moved",
)
_ONE_DOES_IT = Text(
    "核实该指标；若无误，改用更简单的模型（--family woe）或增加数据",
    "check that attribute; if it is right, train a simpler family (--family woe), or with more"
    " data",
)
_COMPARABLE = Text(
    "用仍含这些列的数据重新训练（不必评分）；若属另一类数据，请用 --home 指定单独的目录",
    "train on data that still has these columns, scored or not; data of another kind needs a home"
    " of its own (--home)",
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
    what = Text(
        f"验证样本 AUC {tested.first:.4f} 的 95 % 下限",
        f"AUC {tested.first:.4f} on validation, lower end of its 95 % interval",
    )
    yield judge_limit("AUC_ABOVE_CHANCE", lower, limits["auc_least"], "least", what, _MORE_DATA)
    yield _against_cross_validation(evidence, tested, limits)
    yield _against_champion(evidence, champion, limits)


def _against_cross_validation(evidence: Evidence, tested: DeLong, limits: Limits) -> Verdict:
    """Judge the AUC that cross-validation promised against that of the held rows.

    The two samples share no row, so the variances of their AUCs add.
    """
    gate, promised = "AUC_AGAINST_CROSS_VALIDATION", evidence.notes.cross_validated_auc
    if promised is None:
        return not_applicable(gate, Text("未记录交叉验证结果", "the run recorded none"))
    auc, error = promised
    drop, spread = auc - tested.first, 1.96 * math.hypot(error, tested.standard_error)
    what = Text(
        f"交叉验证 AUC {auc:.4f}，验证样本 {tested.first:.4f}，下降",
        f"AUC {auc:.4f} cross-validated, {tested.first:.4f} on validation: a drop of",
    )
    return judge_limit(
        gate, Interval(drop, drop - spread, drop + spread), limits["auc_drop_most"], "most", what,
        _OVERFITTED,
    )  # fmt: skip


def _against_champion(evidence: Evidence, champion: Card | None, limits: Limits) -> Verdict:
    gate, limit = "AUC_AGAINST_CHAMPION", limits["auc_loss_most"]
    if champion is None:
        return not_applicable(gate, Text("尚无在用评分卡", "no card is in use yet"))
    if absent := _absent_attributes(champion, evidence):
        finding = _not_comparable([called_by(champion, name) for name in absent])
        return Verdict(gate, "fail", None, limit, finding, _COMPARABLE)
    own, others = evidence.totals(), evidence.totals(champion)
    tested = delong(own, others, evidence.rows.bad)
    gain, low, high = auc_difference(own, others, evidence.rows, _SEED)
    loss = Interval(-gain, -high, -low)
    is_worse = gain < 0 and (high < 0 or tested.p_value < _SIGNIFICANT)
    found, used, why = _judge_loss(loss, limit, is_worse)
    finding = Text(
        f"AUC {tested.first:.4f}，在用评分卡 {tested.second:.4f}；损失 {loss}，"
        f"DeLong p={tested.p_value:.3f}，限值至多 {limit:g}{why.zh}",
        f"AUC {tested.first:.4f}, champion {tested.second:.4f}; loss {loss}, DeLong"
        f" p={tested.p_value:.3f}, limit at most {limit:g}{why.en}",
    )
    return Verdict(gate, found, loss.value, used, finding, _KEEP)


def _judge_loss(loss: Interval, limit: float, is_worse: bool) -> tuple[Status, float, Text]:
    """Return the status of a loss against the champion, the limit that decided, and why."""
    if loss.value > limit:
        return "fail", limit, Text("", "")
    if is_worse:
        return (
            "fail",
            0.0,
            Text(
                "；损失在统计上显著，不论大小均不允许",
                "; the loss is significant, and no significant loss is allowed, however small",
            ),
        )
    if status(loss, limit, "most", watch=0.0) == "flag":
        return "flag", 0.0, Text("；有损失但不显著", "; a loss that is not significant")
    return "pass", limit, Text("", "")


def _not_comparable(absent: list[Text]) -> Text:
    names, more = listed(absent[:_MAX_NAMED]), len(absent) - _MAX_NAMED
    return Text(
        f"无法比较：验证样本缺少在用评分卡的指标 {names.zh}"
        + (f" 等 {len(absent)} 项" if more > 0 else ""),
        f"not comparable: the champion scores {names.en}"
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
    """Yield the verdicts on the strongest attribute: alone, beside the second, beside the card.

    An attribute's AUC is that of its points on validation, missing and out of range included: it
    reveals a field that is filled in only after a loan fails.
    """
    ranked = _attribute_aucs(evidence)
    (name, first), (_, second) = [*ranked, ("", 0.5)][:2]
    what = called_by(evidence.judged, name)
    remedy = Text(
        f"核实 {what.zh} 在申请时是否已知；若否，不得用于评分",
        f"check that {what.en} is known when the loan is applied for; if not, do not score it",
    )
    yield judge_limit(
        "ATTRIBUTE_TOO_GOOD", Interval.exact(first), limits["attribute_auc_most"], "most",
        Text(f"最强指标 {what.zh} 单独的 AUC", f"AUC of {what.en} alone, the strongest attribute"),
        remedy, limits["attribute_auc_watch"],
    )  # fmt: skip
    lead, limit = first - second, limits["attribute_lead_watch"]
    finding = Text(
        f"{what.zh} 领先第二名 {lead:.4f}，关注值 {limit:g}",
        f"{what.en} leads the second by {lead:.4f} AUC, watch at {limit:g}",
    )
    found: Status = "flag" if lead > limit and len(ranked) > 1 else "pass"
    yield Verdict("ATTRIBUTE_LEAD", found, lead, limit, finding, remedy)
    yield _against_one_attribute(evidence, name, limits)


def _against_one_attribute(evidence: Evidence, name: str, limits: Limits) -> Verdict:
    """Judge what the card gains on its best attribute alone, on the same rows.

    The attribute is chosen on the rows that judge it, which is in its favour.
    """
    gate, card = "CARD_AGAINST_ONE_ATTRIBUTE", evidence.judged
    if len(card.attributes) == 1:
        return not_applicable(gate, Text("评分卡只有一项指标", "the card has one attribute"))
    points = card.points_by_attribute(card.codes(evidence.rows.columns))
    alone, what = points[:, card.attributes.index(name)], called_by(card, name)
    gain = Interval(*auc_difference(card.total(points), alone, evidence.rows, _SEED))
    return judge_limit(
        gate, gain, limits["gain_on_one_attribute_least"], "least",
        Text(f"评分卡的 AUC 高于单独的 {what.zh}", f"AUC of the card less that of {what.en} alone"),
        _ONE_DOES_IT, limits["gain_on_one_attribute_watch"],
    )  # fmt: skip


def _attribute_aucs(evidence: Evidence) -> list[tuple[str, float]]:
    """Return each attribute's AUC by its own points on validation, strongest first."""
    card = evidence.judged
    points = card.points_by_attribute(card.codes(evidence.rows.columns))
    areas = [
        (name, auc_of_scores(points[:, column], evidence.rows.bad))
        for column, name in enumerate(card.attributes)
    ]
    return sorted(areas, key=lambda entry: -entry[1])
