"""Gates on the card itself: its digest, directions, reasons and rounding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from model.card.bins import Ints, Term
from model.card.reasons import points_lost
from model.card.scorecard import Card
from model.policy.policy import policy_on
from model.profile.dictionary import Direction, Text
from training.gates.called import called_by, listed
from training.gates.evidence import Evidence
from training.gates.verdict import (
    Verdict,
    judge_condition,
    judge_limit,
    judge_watch,
    not_applicable,
)
from training.measures.discrimination import auc_of_scores
from training.measures.evaluate import Interval
from training.samples.limits import Limits

_AGAIN = Text("重新训练；不得手工修改评分卡", "train again; never edit a card by hand")


def exactness_gates(evidence: Evidence, limits: Limits) -> Iterator[Verdict]:
    """Yield the verdicts on the card as a table of whole numbers."""
    yield _same_card(evidence)
    broken = broken_directions(evidence.card, evidence.notes.directions)
    names = listed(called_by(evidence.card, name) for name in broken)
    yield judge_condition(
        "DIRECTIONS", not broken,
        Text(
            f"违反声明方向的指标：{names.zh or '无'}",
            f"attributes that break their direction: {names.en or 'none'}",
        ),
        _AGAIN,
    )  # fmt: skip
    yield _largest_range(evidence.card, limits)
    yield _reasons_sum(evidence)
    yield _reason_for_everyone(evidence, limits)
    yield _rounding(evidence, limits)
    yield from _refit(evidence, limits)


def _largest_range(card: Card, limits: Limits) -> Verdict:
    """Flag a card of which one table of points decides much of the range."""
    gate, watch = "LARGEST_RANGE", limits["attribute_range_watch"]
    ranges = {term.attributes: int(np.ptp(term.points)) for term in card.terms}
    if len(ranges) * watch <= 1:
        few = Text(
            "评分表太少，必有一张占比更高", "with so few tables one always has a larger share"
        )
        return not_applicable(gate, few)
    largest = max(ranges, key=lambda names: ranges[names])
    share = ranges[largest] / max(sum(ranges.values()), 1)
    own = [called_by(card, name) for name in largest]
    zh, en = " × ".join(each.zh for each in own), " × ".join(each.en for each in own)
    return judge_watch(
        gate, Interval.exact(share), watch, "most",
        Text(f"{zh} 的分差占全卡分差之比", f"points of {en} over the points of the card"),
        Text(
            f"与委员会商定是否保留 {zh}（rongzi train --without）",
            f"agree with the committee whether {en} stays (rongzi train --without)",
        ),
    )  # fmt: skip


def broken_directions(card: Card, directions: Mapping[str, Direction]) -> list[str]:
    """Return the attributes whose points can move against their declared direction.

    An attribute's step between neighbouring bins is the sum of its own and its pairs' steps. The
    partner in each pair may be in any bin, so the least step is the sum of the least steps. A
    derived attribute moves with its sources and has no direction, so a directed source counts as
    broken.
    """
    sources = {source for own in card.derived.values() for source in own.sources}
    return [
        name
        for name in dict.fromkeys([*card.attributes, *card.inputs])
        if directions.get(name, "free") != "free"
        and not card.bins[name].levels
        and (name in sources or (_least_steps(card, name, directions[name]) < 0).any())
    ]


def _least_steps(card: Card, name: str, direction: Direction) -> Ints:
    """Return by step the least gain in points in the safe direction, over all partners' bins."""
    sign = 1 if direction == "down" else -1
    steps = np.zeros(card.bins[name].ordinary - 1, dtype=np.int64)
    for term in card.terms:
        if name in term.attributes:
            steps += _least_of_term(card, term, name, sign)
    return steps


def _least_of_term(card: Card, term: Term, name: str, sign: int) -> Ints:
    axis = term.attributes.index(name)
    ordinary = np.moveaxis(term.points, axis, 0)[: card.bins[name].ordinary]
    steps = sign * np.diff(ordinary, axis=0)
    # An attribute with one ordinary bin takes no step, whatever its partner.
    partners = steps.size // max(len(steps), 1)
    least: Ints = steps.reshape(len(steps), partners).min(axis=1, initial=np.iinfo(np.int64).max)
    return least


def _same_card(evidence: Evidence) -> Verdict:
    return judge_condition(
        "CARD_AS_EVALUATED", evidence.digest == evidence.notes.card_digest,
        Text(
            f"评分卡摘要 {evidence.digest[:16]}，评估的是 {evidence.notes.card_digest[:16]}",
            f"the card's digest is {evidence.digest[:16]}, {evidence.notes.card_digest[:16]} was"
            " evaluated",
        ),
        Text("发布评估过的评分卡", "promote the card that was evaluated"),
    )  # fmt: skip


def _reasons_sum(evidence: Evidence) -> Verdict:
    card = evidence.card
    codes = card.codes(evidence.rows.columns)
    by_factor = card.points_by_factor(codes)
    gap = card.base + int(card.references.sum()) - card.total(by_factor)
    wrong_rows = int((points_lost(card, codes, by_factor).sum(axis=1) != gap).sum())
    return judge_condition(
        "REASONS_SUM", wrong_rows == 0,
        Text(
            f"失分之和不等于与基准差距的行数：{wrong_rows}，限值 0",
            f"rows whose points lost do not add up to their gap: {wrong_rows}, limit 0",
        ),
        _AGAIN,
    )  # fmt: skip


def _reason_for_everyone(evidence: Evidence, limits: Limits) -> Verdict:
    """Require that the reference reaches tier SECOND, so that everyone below it has lost points."""
    gate = "REASON_FOR_EVERYONE"
    if evidence.notes.source != "archive":
        return not_applicable(gate, Text("平面表不分级", "a flat table has no tiers"))
    reference = float(evidence.card.base + evidence.card.references.sum())
    return judge_limit(
        gate, Interval.exact(reference), float(policy_on(limits.on).tiers["SECOND"]), "least",
        Text("基准总分，对照二级起点", "reference points, against tier SECOND's cut-off"),
        Text("调整二级起点或重新训练", "set another cut-off for the tier, or train again"),
        digits=0,
    )  # fmt: skip


def _rounding(evidence: Evidence, limits: Limits) -> Verdict:
    lost = evidence.notes.rounding_auc
    if lost is None:
        return not_applicable("ROUNDING_LOSS", Text("未测量取整损失", "the loss was not measured"))
    margin = 1.96 * evidence.notes.rounding_error
    return judge_limit(
        "ROUNDING_LOSS", Interval(lost, lost - margin, lost + margin),
        limits["rounding_auc_most"], "most",
        Text("并箱和取整损失的 AUC", "AUC lost by merging and rounding"),
        Text("增大 PDO 或分箱数", "train with a larger PDO, or more bins"),
        limits["rounding_auc_watch"],
    )  # fmt: skip


def _refit(evidence: Evidence, limits: Limits) -> Iterator[Verdict]:
    """Yield the verdicts on the fit to all rows, beside the judged fit to development rows.

    The two share their choices. On the validation rows, which the refit has seen, it must rank no
    worse, and the points of a row must stay near.
    """
    again = Text("用 --no-refit 重新训练", "train again with --no-refit")
    if evidence.first_fit is None:
        yield not_applicable("REFIT", Text("评分卡未重新拟合", "the card was not fitted again"))
        return
    judged, served = evidence.totals(), evidence.totals(evidence.card)
    lost = auc_of_scores(judged, evidence.rows.bad) - auc_of_scores(served, evidence.rows.bad)
    yield judge_limit(
        "REFIT_RANKS", Interval.exact(lost), limits["refit_auc_loss_most"], "most",
        Text("全部样本重新拟合后损失的 AUC", "AUC lost by fitting to all rows"), again,
    )  # fmt: skip
    yield judge_limit(
        "REFIT_POINTS", Interval.exact(float(np.abs(served - judged).mean())),
        limits["refit_points_most"], "most",
        Text("全部样本重新拟合后平均变动分数", "mean change of points by fitting to all rows"),
        again,
    )  # fmt: skip
