"""Gates on the card itself: directions, reasons, rounding, and that it is the one evaluated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from model.card.bins import Ints, Term
from model.card.reasons import points_lost
from model.card.scorecard import Card
from model.policy.policy import policy_on
from model.profile.dictionary import Direction, Text
from training.gates.evidence import Evidence
from training.gates.verdict import Measured, Verdict, bounded, nothing_to_judge, yes_or_no
from training.samples.limits import Limits

_AGAIN = Text("重新训练；评分卡不得手改", "train again; a card is never mended by hand")


def exactness_gates(evidence: Evidence, limits: Limits) -> Iterator[Verdict]:
    """Yield the verdicts on the card as a table of whole numbers."""
    yield _same_card(evidence)
    broken = broken_directions(evidence.card, evidence.noted.directions)
    names = ", ".join(broken) or "—"
    yield yes_or_no(
        "DIRECTIONS", not broken,
        Text(f"违反声明方向的指标：{names}", f"attributes that break their direction: {names}"),
        _AGAIN,
    )  # fmt: skip
    yield _reasons_sum(evidence)
    yield _nobody_without_a_reason(evidence, limits)
    yield _rounding(evidence, limits)


def broken_directions(card: Card, directions: Mapping[str, Direction]) -> list[str]:
    """Return the attributes whose points can move against their declared direction.

    An attribute's step between neighbouring bins is the sum of its own and its pairs' steps; each
    pair's partner may stand in any bin, so the least step is the sum of the least. What is derived
    from an attribute moves with it and keeps no direction, so a directed source counts as broken.
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
    """Return by step the least gain in points in the safe direction, whatever the partners."""
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
    least: Ints = steps.reshape(len(steps), -1).min(axis=1) if len(steps) else steps
    return least


def _same_card(evidence: Evidence) -> Verdict:
    holds = evidence.digest == evidence.noted.card_digest
    return yes_or_no(
        "CARD_AS_EVALUATED", holds,
        Text(
            f"评分卡摘要 {evidence.digest[:16]}，评估的是 {evidence.noted.card_digest[:16]}",
            f"the card's digest is {evidence.digest[:16]}, {evidence.noted.card_digest[:16]} was"
            " evaluated",
        ),
        Text("发布评估过的评分卡", "promote the card that was evaluated"),
    )  # fmt: skip


def _reasons_sum(evidence: Evidence) -> Verdict:
    card = evidence.card
    by_attribute = card.points_by_attribute(card.codes(evidence.rows.columns))
    gap = card.base + int(card.references.sum()) - card.total(by_attribute)
    off = int((points_lost(card, by_attribute).sum(axis=1) != gap).sum())
    return yes_or_no(
        "REASONS_SUM", off == 0,
        Text(
            f"{off} 行的失分之和不等于与基准的差距", f"in {off} rows the points lost do not add up"
        ),
        _AGAIN,
    )  # fmt: skip


def _nobody_without_a_reason(evidence: Evidence, limits: Limits) -> Verdict:
    """Hold that whoever misses tier SECOND lost points somewhere: the reference reaches it."""
    gate = "REASON_FOR_EVERYONE"
    if evidence.noted.source != "archive":
        return nothing_to_judge(gate, Text("平面表没有分层", "a flat table has no tiers"))
    reference = float(evidence.card.base + evidence.card.references.sum())
    return bounded(
        gate, Measured.exact(reference), float(policy_on(limits.on).tiers["SECOND"]), "least",
        Text("基准总分（不得低于二级起点）", "reference points, against the least of tier SECOND"),
        Text("调整二级起点或重新训练", "set the tier's cut-off anew, or train again"),
    )  # fmt: skip


def _rounding(evidence: Evidence, limits: Limits) -> Verdict:
    lost = evidence.noted.rounding_auc
    if lost is None:
        return nothing_to_judge("ROUNDING_LOSS", Text("没有取整前的模型", "no float shapes known"))
    return bounded(
        "ROUNDING_LOSS", Measured.exact(lost), limits["rounding_auc_most"], "most",
        Text("并箱和取整损失的 AUC", "AUC lost by merging and rounding"),
        Text("增大 PDO 或分箱数", "train with a larger PDO, or more bins"),
        limits["rounding_auc_watch"],
    )  # fmt: skip
