"""A card's fairness on a sample: rates and calibration by group, and the widest gaps.

Counts by group come from fairlearn's MetricFrame. Rates of small groups are shrunk towards all
groups, as far as the data show that groups are similar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame
from numpy.typing import NDArray
from scipy.special import betaln

from model.card.bins import Floats
from model.card.scorecard import Card
from model.profile.dictionary import Dictionary, Text
from training.fairness.findings import (
    AttributeFairness,
    CutOff,
    FairnessReport,
    Gap,
    GroupRow,
    Rate,
)
from training.fairness.proxies import proxies
from training.samples.groups import MIN_GROUP_ROWS
from training.samples.sample import Bools, Sample

#: Groups of an attribute, largest first; the remaining ones and all too small are merged into one.
_MAX_GROUPS = 20
OTHERS = "(others)"
#: Prior strengths, in rows: from groups with little in common to nearly identical groups.
_STRENGTHS = np.geomspace(2.0, 2000.0, 25)
_DRAWS = 4000
#: Shares by group: numerator and denominator, as fields of `GroupCounts`.
_RATES = {
    "approval": ("approved", "rows"),
    "true_positive": ("goods_approved", "goods"),
    "false_positive": ("bads_approved", "bads"),
    "bad_rate": ("bads", "rows"),
}


@dataclass(frozen=True)
class GroupCounts:
    """Counts by group, largest group first; arrays of shape (groups,).

    Attributes
    ----------
    expected : Floats
        Sum of PDs.
    """

    groups: tuple[str, ...]
    rows: Floats
    goods: Floats
    bads: Floats
    approved: Floats
    goods_approved: Floats
    bads_approved: Floats
    expected: Floats


def fairness_report(
    card: Card,
    sample: Sample,
    name: str,
    cut_off: CutOff,
    dictionary: Dictionary,
    seed: int,
) -> FairnessReport | None:
    """Return the fairness of `card` on `sample`; None if the sample has no protected groups.

    Approval is the favourable outcome: a true positive is an approved good, a false positive an
    approved bad.

    Parameters
    ----------
    cut_off : tuple of int and Text
        Points from which a row counts as approved, and where they come from.
    """
    if not sample.groups:
        return None
    codes = card.codes(sample.columns)
    totals = card.total(card.points_by_attribute(codes))
    attributes = tuple(
        _attribute(
            protected, label_of(dictionary, protected),
            group_counts(group, sample.bad, totals >= cut_off[0], card.pd(totals)), seed,
        )
        for protected, group in sample.groups.items()
    )  # fmt: skip
    return FairnessReport(
        name, cut_off[0], cut_off[1], attributes, proxies(codes, sample.groups, seed)
    )


def label_of(dictionary: Dictionary, name: str) -> Text:
    """Return what the dictionary calls `name`, or the name."""
    return dictionary[name].label if name in dictionary.attributes else Text(name, name)


def _attribute(name: str, label: Text, counts: GroupCounts, seed: int) -> AttributeFairness:
    drawn = {
        rate: shrunk_draws(getattr(counts, hits), getattr(counts, of), seed)
        for rate, (hits, of) in _RATES.items()
    }
    rows = tuple(_row(counts, drawn, index) for index in range(len(counts.groups)))
    return AttributeFairness(name, label, rows, _gaps(counts, drawn))


def _row(counts: GroupCounts, drawn: Mapping[str, Floats], index: int) -> GroupRow:
    rates = {}
    for rate, (hits, of) in _RATES.items():
        trials = float(getattr(counts, of)[index])
        raw = float(getattr(counts, hits)[index]) / trials if trials else float("nan")
        low, high = np.quantile(drawn[rate][:, index], [0.025, 0.975])
        value = float(drawn[rate][:, index].mean())
        rates[rate] = Rate(int(trials), raw, value, float(low), float(high))
    size = counts.rows[index]
    return GroupRow(
        counts.groups[index], int(size), int(counts.bads[index]), rates,
        float(counts.expected[index] / size),
    )  # fmt: skip


def _gaps(counts: GroupCounts, drawn: Mapping[str, Floats]) -> tuple[Gap, ...]:
    """Return the widest gap of each measure among groups of enough rows; a single one has none."""
    is_large = counts.rows >= MIN_GROUP_ROWS
    if is_large.sum() < 2:
        return ()
    best = int(np.where(is_large, drawn["approval"].mean(axis=0), -1.0).argmax())
    ratio = drawn["approval"] / drawn["approval"][:, [best]]
    true_positive = _against_all(drawn["true_positive"], counts.goods)
    false_positive = _against_all(drawn["false_positive"], counts.bads)
    error = drawn["bad_rate"] - counts.expected / counts.rows
    return (
        _widest("approval_ratio", counts, ratio, 1.0),
        _widest("true_positive_gap", counts, true_positive, 0.0),
        _widest("false_positive_gap", counts, false_positive, 0.0),
        _widest("calibration_gap", counts, _against_all(error, counts.rows), 0.0),
    )


def _against_all(drawn: Floats, weight: Floats) -> Floats:
    """Return by draw each group's share less that of all rows."""
    overall = drawn @ weight / max(weight.sum(), 1.0)
    return np.asarray(drawn - overall[:, None])


def _widest(measure: str, counts: GroupCounts, drawn: Floats, neutral: float) -> Gap:
    means = drawn.mean(axis=0)
    is_large = counts.rows >= MIN_GROUP_ROWS
    index = int(np.where(is_large, np.abs(means - neutral), -1.0).argmax())
    low, high = np.quantile(drawn[:, index], [0.025, 0.975])
    return Gap(measure, counts.groups[index], float(means[index]), float(low), float(high))


def group_counts(
    group: NDArray[np.object_], bad: Bools, approved: Bools, pd_of_row: Floats
) -> GroupCounts:
    """Count rows, outcomes and approvals by `group`; every array of shape (n,)."""
    by_group = MetricFrame(
        metrics={
            "rows": lambda good, yes: float(len(good)),
            "goods": lambda good, yes: float(good.sum()),
            "approved": lambda good, yes: float(yes.sum()),
            "goods_approved": lambda good, yes: float((good & yes).sum()),
        },
        y_true=~bad,
        y_pred=approved,
        sensitive_features=pd.Series(_merge_small_groups(group), name="group"),
    ).by_group.sort_values("rows", ascending=False, kind="stable")
    sums = pd.Series(pd_of_row).groupby(_merge_small_groups(group)).sum()
    counts = {name: by_group[name].to_numpy(dtype=np.float64) for name in by_group.columns}
    return GroupCounts(
        groups=tuple(str(name) for name in by_group.index),
        rows=counts["rows"],
        goods=counts["goods"],
        bads=counts["rows"] - counts["goods"],
        approved=counts["approved"],
        goods_approved=counts["goods_approved"],
        bads_approved=counts["approved"] - counts["goods_approved"],
        expected=sums.loc[by_group.index].to_numpy(dtype=np.float64),
    )


def _merge_small_groups(group: NDArray[np.object_]) -> NDArray[np.object_]:
    distinct, group_of_row, rows = np.unique(
        group.astype(str), return_inverse=True, return_counts=True
    )
    names = distinct.astype(object)
    names[np.argsort(-rows, kind="stable")[_MAX_GROUPS:]] = OTHERS
    names[rows < MIN_GROUP_ROWS] = OTHERS
    merged: NDArray[np.object_] = names[group_of_row]
    return merged


def shrunk_draws(successes: Floats, trials: Floats, seed: int) -> Floats:
    """Return draws from the posterior of each group's share, shape (draws, groups).

    Each group's share is beta-distributed around the pooled share with an unknown strength, in
    rows; given the strength the count is beta-binomial (Efron & Morris 1975, *JASA* 70; Gelman et
    al. 2013, *Bayesian Data Analysis*, sec. 5.3). The draws average over the strength by its
    likelihood, because few groups do not determine it well.

    Parameters
    ----------
    successes, trials : Floats
        Shape (groups,). A group without trials is drawn around the pooled share.
    """
    pooled = (successes.sum() + 0.5) / (trials.sum() + 1.0)
    alpha, beta = pooled * _STRENGTHS, (1 - pooled) * _STRENGTHS
    failures = trials - successes
    marginal = betaln(alpha[:, None] + successes, beta[:, None] + failures)
    likelihood = (marginal - betaln(alpha, beta)[:, None]).sum(axis=1)
    weight = np.exp(likelihood - likelihood.max())
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(_STRENGTHS), size=_DRAWS, p=weight / weight.sum())
    drawn: Floats = rng.beta(
        alpha[chosen, None] + successes[None, :], beta[chosen, None] + failures[None, :]
    )
    return drawn
