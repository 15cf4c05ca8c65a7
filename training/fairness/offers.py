"""Fairness of the whole decision: who of the consenting members gets an offer, and on what terms.

Booked loans show only whom an officer let through. Here every consenting member of the archive
passes the policy and the card, as in an edition, and groups are compared by what they are offered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.storage.profiles import columns_of
from model.card.bins import Columns, Floats, Ints
from model.card.scorecard import Card
from model.decision.whitelist import Assessment, measures
from model.policy.policy import Policy
from model.profile.dictionary import Dictionary, Text
from training.fairness.findings import Gap, Rate
from training.fairness.measure import label_of, shrunk_draws
from training.measures.discrimination import auc_of_scores
from training.measures.margins import MarginRow, margin_rows
from training.samples.groups import MIN_GROUP_ROWS, Groups, banded, member_groups
from training.samples.sample import Bools, Sample

#: Attributes named as the source of a gap.
_NAMED = 3
_TWO = 2
_HOUSEHOLD, _HOUSEHOLD_BANDS = "household_size", (2.0, 4.0, 6.0)


@dataclass(frozen=True)
class OfferRow:
    """The decisions on one group.

    Attributes
    ----------
    members : int
        Consenting members.
    offered : Rate
        Share of the members who may borrow that have an offer. Those whom a rule excludes, such as
        one of age, may not borrow; the household's other members may.
    limit_yuan, annual_rate : float
        Means over the offers; NaN without any.
    """

    group: str
    members: int
    offered: Rate
    limit_yuan: float
    annual_rate: float


@dataclass(frozen=True)
class Source:
    """An attribute that brings a gap.

    Attributes
    ----------
    points : float
        Mean points of the group less those of the best group.
    auc_cost : float
        AUC that the judged card loses on the validation rows without the attribute's points.
    """

    attribute: str
    points: float
    auc_cost: float


@dataclass(frozen=True)
class OfferFairness:
    """The decisions by group of one protected attribute.

    Attributes
    ----------
    widest : Gap or None
        The group whose share of offers is least against the highest of any group, by ratio; None if
        no two groups are large enough.
    sources : tuple of Source
        The attributes that cost that group most points, most first.
    """

    attribute: str
    label: Text
    groups: tuple[OfferRow, ...]
    widest: Gap | None
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class OffersReport:
    """The decisions on all consenting members as of a date."""

    as_of: date
    members: int
    may_borrow: int
    attributes: tuple[OfferFairness, ...]
    margins: tuple[MarginRow, ...] = ()


def offers_report(
    profile: pa.Table,
    as_of: date,
    policy: Policy,
    card: Card,
    cost_of: Callable[[str], float],
    dictionary: Dictionary,
    seed: int,
) -> OffersReport | None:
    """Return the decisions of `card` and `policy` by group; None if no member consents.

    Parameters
    ----------
    profile
        The profiles of the whole archive as of `as_of`.
    cost_of
        The AUC that an attribute is worth; see `removal_cost`.
    """
    columns = columns_of(profile)
    measured = measures(columns, as_of, policy, card)
    may_borrow = measured.placed(np.full(profile.num_rows, np.nan), policy).rank > 0
    assessed, _ = measured.in_households(columns["member_id"], policy)
    if not assessed.scored.any():
        return None
    points = card.points_by_attribute(card.codes(columns))
    may_borrow &= assessed.scored
    decided = _Decided(assessed, may_borrow, card.attributes, points, cost_of)
    groups: Groups = {**member_groups(columns), _HOUSEHOLD: _household(columns)}
    found = tuple(
        _attribute(name, label_of(dictionary, name), group, decided, seed)
        for name, group in groups.items()
    )
    members = int(assessed.scored.sum())
    margins = margin_rows(assessed, policy)
    return OffersReport(as_of, members, int(decided.may_borrow.sum()), found, margins)


@dataclass(frozen=True)
class _Decided:
    """The assessment of all members, who may borrow, and points by attribute, shape (n, k)."""

    assessed: Assessment
    may_borrow: Bools
    attributes: Sequence[str]
    points: Ints
    cost_of: Callable[[str], float]


def removal_cost(card: Card, sample: Sample) -> Callable[[str], float]:
    """Return what AUC on `sample` the points of an attribute of `card` are worth."""
    points = card.points_by_attribute(card.codes(sample.columns))
    totals = card.total(points)
    full = auc_of_scores(totals, sample.bad)

    def cost(attribute: str) -> float:
        if attribute not in card.attributes:
            return 0.0
        own = points[:, card.attributes.index(attribute)]
        return full - auc_of_scores(totals - own, sample.bad)

    return cost


def _household(columns: Columns) -> NDArray[np.object_]:
    return banded(np.asarray(columns[_HOUSEHOLD], dtype=np.float64), _HOUSEHOLD_BANDS)


def _attribute(
    name: str, label: Text, group: NDArray[np.object_], decided: _Decided, seed: int
) -> OfferFairness:
    names, counts = np.unique(group[decided.assessed.scored], return_counts=True)
    ordered = names[np.argsort(-counts, kind="stable")]
    inside = [decided.may_borrow & (group == each) for each in ordered]
    offered = decided.assessed.offered
    hits = np.array([float((rows & offered).sum()) for rows in inside])
    trials = np.array([float(rows.sum()) for rows in inside])
    drawn = shrunk_draws(hits, trials, seed)
    rows = tuple(
        _row(str(each), group == each, decided, drawn[:, at]) for at, each in enumerate(ordered)
    )
    widest, best = _widest(ordered, trials, drawn)
    sources: tuple[Source, ...] = ()
    if widest is not None:
        worst = decided.may_borrow & (group == widest.group)
        sources = _sources(decided, worst, decided.may_borrow & (group == best))
    return OfferFairness(name, label, rows, widest, sources)


def _row(group: str, inside: Bools, decided: _Decided, drawn: Floats) -> OfferRow:
    assessed = decided.assessed
    trials = inside & decided.may_borrow
    offers = trials & assessed.offered
    low, high = np.quantile(drawn, [0.025, 0.975])
    raw = float(offers.sum() / trials.sum()) if trials.any() else float("nan")
    return OfferRow(
        group=group,
        members=int((inside & assessed.scored).sum()),
        offered=Rate(int(trials.sum()), raw, float(drawn.mean()), float(low), float(high)),
        limit_yuan=_mean(assessed.limit_yuan[offers]),
        annual_rate=_mean(assessed.offer.annual_rate[offers]),
    )


def _mean(values: Ints | Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _widest(groups: NDArray[np.object_], trials: Floats, drawn: Floats) -> tuple[Gap | None, str]:
    """Return the least share of offers against the highest, and the group with the highest."""
    large = np.flatnonzero(trials >= MIN_GROUP_ROWS)
    if len(large) < _TWO:
        return None, ""
    mean = drawn.mean(axis=0)
    best, worst = large[mean[large].argmax()], large[mean[large].argmin()]
    ratio = drawn[:, worst] / drawn[:, best]
    low, high = np.quantile(ratio, [0.025, 0.975])
    gap = Gap("offer_ratio", str(groups[worst]), float(ratio.mean()), float(low), float(high))
    return gap, str(groups[best])


def _sources(decided: _Decided, worst: Bools, best: Bools) -> tuple[Source, ...]:
    difference = decided.points[worst].mean(axis=0) - decided.points[best].mean(axis=0)
    order = np.argsort(difference, kind="stable")[:_NAMED]
    return tuple(
        Source(
            decided.attributes[at], float(difference[at]), decided.cost_of(decided.attributes[at])
        )
        for at in order
        if difference[at] < 0
    )
