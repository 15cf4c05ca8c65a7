"""From how many points on a row counts as approved, when fairness is checked."""

from __future__ import annotations

from model.dictionary import Text
from model.policy import Policy
from model.scorecard import Card

CutOff = tuple[int, Text]


def policy_cut_off(policy: Policy) -> CutOff:
    """Return the policy's least points of tier SECOND: from there on members are offered a loan."""
    return policy.tiers["SECOND"], Text(
        f"政策 {policy.on} 的二级起点：从该分数起提供贷款",
        f"tier SECOND of the policy on {policy.on}: from there on a loan is offered",
    )


def average_cut_off(card: Card, bad_rate: float) -> CutOff:
    """Return the least points whose PD is at most `bad_rate`: better odds than the average.

    For flat tables, where no policy says who is approved.
    """
    safe = card.pd_points[card.pd_values <= bad_rate]
    points = int(safe[0]) if len(safe) else int(card.pd_points[-1])
    return points, Text(
        f"违约概率不高于开发样本不良率（{bad_rate:.2%}）的最低分数",
        f"the least points whose PD is at most the development bad rate ({bad_rate:.2%})",
    )
