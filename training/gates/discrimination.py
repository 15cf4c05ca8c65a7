"""Gates on discrimination: above chance, and no worse than the champion on the same rows."""

from __future__ import annotations

from collections.abc import Iterator

from model.card.scorecard import Card
from model.profile.dictionary import Text
from training.gates.evidence import Evidence
from training.gates.verdict import Measured, Status, Verdict, bounded, nothing_to_judge, status
from training.measures.discrimination import auc_difference, delong
from training.samples.limits import Limits

_SEED = 54
_SIGNIFICANT = 0.05
#: A champion of other data lacks all its attributes; so many are named.
_NAMED = 5
_MORE = Text("增加数据或指标后重新训练；不要降低限值", "train again with more data or attributes")
_COMPARABLE = Text(
    "用仍含这些指标的数据字典重新训练；若数据另属一类，请用 --home 指定单独的目录",
    "train with a dictionary that still scores them; data of another kind needs a home of its own"
    " (--home)",
)
_KEEP = Text(
    "保留现用评分卡，或重新训练后再申请", "keep the champion, or train again and apply anew"
)


def discrimination_gates(
    evidence: Evidence, champion: Card | None, limits: Limits
) -> Iterator[Verdict]:
    """Yield the verdicts on discrimination."""
    points = evidence.totals()
    alone = delong(points, points * 0, evidence.rows.bad)
    # Against constant points the standard error is that of the AUC itself.
    lower = alone.first - 1.96 * alone.standard_error
    what = Text("验证样本 AUC 的下限", "lower end of the AUC on validation")
    found, limit = Measured.exact(lower), limits["auc_least"]
    yield bounded("AUC_ABOVE_CHANCE", found, limit, "least", what, _MORE)
    yield _against(evidence, champion, limits)


def _against(evidence: Evidence, champion: Card | None, limits: Limits) -> Verdict:
    gate, limit = "AUC_AGAINST_CHAMPION", limits["auc_loss_most"]
    if champion is None:
        return nothing_to_judge(gate, Text("尚无现用评分卡", "no card is in use yet"))
    if absent := _absent(champion, evidence):
        return Verdict(gate, "fail", None, limit, _lacks(absent), _COMPARABLE)
    mine, theirs = evidence.totals(), evidence.totals(champion)
    tested = delong(mine, theirs, evidence.rows.bad)
    value, low, high = auc_difference(mine, theirs, evidence.rows, _SEED)
    lost = Measured(-value, -high, -low)
    worse = value < 0 and (high < 0 or tested.p_value < _SIGNIFICANT)
    failed = worse or lost.value > limit
    told = Text(
        f"AUC {tested.first:.4f}，现用 {tested.second:.4f}；损失 {lost.told}，"
        f"DeLong p={tested.p_value:.3f}，限值至多 {limit:g}",
        f"AUC {tested.first:.4f}, champion {tested.second:.4f}; loss {lost.told}, DeLong"
        f" p={tested.p_value:.3f}, limit at most {limit:g}",
    )
    found: Status = "fail" if failed else status(lost, limit, "most", watch=0.0)
    return Verdict(gate, found, lost.value, limit, told, _KEEP)


def _lacks(absent: list[str]) -> Text:
    names, more = ", ".join(absent[:_NAMED]), len(absent) - _NAMED
    return Text(
        f"无法比较：验证样本没有现用评分卡的指标 {names}"
        + (f" 等 {len(absent)} 项" if more > 0 else ""),
        f"not comparable: the champion scores {names}"
        + (f" and {more} more" if more > 0 else "")
        + ", which the validation rows lack",
    )


def _absent(champion: Card, evidence: Evidence) -> list[str]:
    try:
        champion.codes({name: values[:1] for name, values in evidence.rows.columns.items()})
    except KeyError:
        return sorted(set(champion.inputs) - set(evidence.rows.columns))
    return []
