"""The results of a fairness check by protected attribute and group, and its approval cut-off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from model.card.scorecard import Card
from model.policy.policy import Policy
from model.profile.dictionary import Text

#: Points from which a row counts as approved, and where they come from.
CutOff = tuple[int, Text]


@dataclass(frozen=True)
class FairnessReport:
    """Fairness of one card on one sample.

    Attributes
    ----------
    sample : str
        Name of the evaluated sample.
    cut_off : int
        Points from which a row counts as approved; `cut_off_from` says where they come from.
    """

    sample: str
    cut_off: int
    cut_off_from: Text
    attributes: tuple[AttributeFairness, ...]
    proxies: tuple[Proxy, ...] = ()


@dataclass(frozen=True)
class AttributeFairness:
    """One protected attribute: its groups, largest first, and the widest gap of each measure."""

    attribute: str
    label: Text
    groups: tuple[GroupRow, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class GroupRow:
    """One group of one protected attribute.

    Attributes
    ----------
    rates : mapping of str to Rate
        ``approval``: share at or above the cut-off; ``true_positive``: of the goods;
        ``false_positive``: of the bads; ``bad_rate``: share that turned bad.
    expected_bad_rate : float
        Mean PD of the group.
    """

    group: str
    rows: int
    bads: int
    rates: Mapping[str, Rate]
    expected_bad_rate: float


@dataclass(frozen=True)
class Rate:
    """A share within one group.

    Attributes
    ----------
    rows : int
        Rows in its denominator.
    raw : float
        As counted; NaN without rows.
    value, low, high : float
        Shrunk towards all groups, more for smaller groups, with its 95 % interval.
    """

    rows: int
    raw: float
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Gap:
    """The widest gap of one measure: the group farthest from the others.

    Attributes
    ----------
    measure : str
        ``approval_ratio``: a group's approval rate over the highest of any group;
        ``true_positive_gap``, ``false_positive_gap``: a group's rate less that of all rows;
        ``calibration_gap``: a group's observed less expected bad rate, beyond that of all rows.
    value, low, high : float
        Of the shrunk rates, with a 95 % interval.
    """

    measure: str
    group: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Proxy:
    """How well the card's bins predict a protected attribute, by cross-validation.

    Attributes
    ----------
    auc : float
        Of all scored attributes together, one group against the rest, weighted by size.
    explained : float
        Share of the group's log loss they explain out of fold (McFadden's R²; below 0 is none).
    strongest : tuple of (str, float)
        Single scored attributes with their AUC, strongest first.
    """

    protected: str
    auc: float
    explained: float
    strongest: tuple[tuple[str, float], ...]


def policy_cut_off(policy: Policy) -> CutOff:
    """Return the policy's cut-off of tier SECOND: from these points on a loan is offered."""
    return policy.tiers["SECOND"], Text(
        f"政策 {policy.on} 的二级起点：从该分数起提供贷款",
        f"tier SECOND of the policy on {policy.on}: a loan is offered from these points",
    )


def average_cut_off(card: Card, bad_rate: float) -> CutOff:
    """Return the lowest points whose PD is at most `bad_rate`, the average.

    For flat tables, where no policy defines approval.
    """
    safe = card.pd_points[card.pd_values <= bad_rate]
    points = int(safe[0]) if len(safe) else int(card.pd_points[-1])
    return points, Text(
        f"违约概率不高于开发样本不良率（{bad_rate:.2%}）的最低分数",
        f"the lowest points whose PD is at most the development bad rate ({bad_rate:.2%})",
    )
