"""A card's fairness on a sample: rates and calibration by group, and the widest gaps.

Counts by protected group, by fairlearn's MetricFrame: what every rate is made of.

Shares of small groups, shrunk towards all groups as far as the data say that groups are alike.

Each group's share is beta-distributed about the pooled share with an unknown strength, in rows;
given the strength the count is beta-binomial (Efron & Morris 1975, *JASA* 70; Gelman et al. 2013,
*Bayesian Data Analysis*, sec. 5.3). The strength is averaged over by its likelihood, so that two
groups, which cannot tell it well, are not shrunk as if they could.
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
from training.fairness.findings import AttributeFairness, FairnessReport, Gap, GroupRow, Rate
from training.fairness.proxies import proxies
from training.samples.sample import Bools, Sample

#: Groups of an attribute that are told apart, largest first; the rest are one.
_MOST_GROUPS = 20
OTHERS = "(others)"


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
        sensitive_features=pd.Series(_few(group), name="group"),
    ).by_group.sort_values("rows", ascending=False, kind="stable")
    sums = pd.Series(pd_of_row).groupby(_few(group)).sum()
    found = {name: by_group[name].to_numpy(dtype=np.float64) for name in by_group.columns}
    return GroupCounts(
        tuple(str(name) for name in by_group.index),
        found["rows"],
        found["goods"],
        found["rows"] - found["goods"],
        found["approved"],
        found["goods_approved"],
        found["approved"] - found["goods_approved"],
        sums.loc[by_group.index].to_numpy(dtype=np.float64),
    )


def _few(group: NDArray[np.object_]) -> NDArray[np.object_]:
    words, place, rows = np.unique(group.astype(str), return_inverse=True, return_counts=True)
    names = words.astype(object)
    names[np.argsort(-rows, kind="stable")[_MOST_GROUPS:]] = OTHERS
    found: NDArray[np.object_] = names[place]
    return found


#: From groups that have next to nothing in common to groups that are all but one.
_STRENGTHS = np.geomspace(2.0, 2000.0, 25)
_DRAWS = 4000


def shrunk_draws(successes: Floats, trials: Floats, seed: int) -> Floats:
    """Return draws from the posterior of each group's share, shape (draws, groups).

    Parameters
    ----------
    successes, trials : Floats
        Shape (groups,). A group without trials is drawn from what the others show.
    """
    pooled = (successes.sum() + 0.5) / (trials.sum() + 1.0)
    alpha, beta = pooled * _STRENGTHS, (1 - pooled) * _STRENGTHS
    failures = trials - successes
    told = betaln(alpha[:, None] + successes, beta[:, None] + failures)
    likelihood = (told - betaln(alpha, beta)[:, None]).sum(axis=1)
    weight = np.exp(likelihood - likelihood.max())
    dice = np.random.default_rng(seed)
    chosen = dice.choice(len(_STRENGTHS), size=_DRAWS, p=weight / weight.sum())
    drawn: Floats = dice.beta(
        alpha[chosen, None] + successes[None, :], beta[chosen, None] + failures[None, :]
    )
    return drawn


def fairness_report(
    card: Card,
    sample: Sample,
    name: str,
    cut_off: tuple[int, Text],
    dictionary: Dictionary,
    seed: int,
) -> FairnessReport | None:
    """Return the fairness of `card` on `sample`; None if the sample has no protected groups.

    Approval is the favourable answer: a true positive is a good that is approved, a false positive
    a bad that is.

    Parameters
    ----------
    cut_off : tuple of int and Text
        Points from which a row is approved, and where they come from.
    """
    if not sample.groups:
        return None
    codes = card.codes(sample.columns)
    totals = card.total(card.points_by_attribute(codes))
    attributes = tuple(
        _attribute(
            protected, _label(dictionary, protected),
            group_counts(group, sample.bad, totals >= cut_off[0], card.pd(totals)), seed,
        )
        for protected, group in sample.groups.items()
    )  # fmt: skip
    return FairnessReport(
        name, cut_off[0], cut_off[1], attributes, proxies(codes, sample.groups, seed)
    )


def _label(dictionary: Dictionary, name: str) -> Text:
    return dictionary[name].label if name in dictionary.attributes else Text(name, name)


#: Shares by group: of what, out of what.
_RATES = {
    "approval": ("approved", "rows"),
    "true_positive": ("goods_approved", "goods"),
    "false_positive": ("bads_approved", "bads"),
    "bad_rate": ("bads", "rows"),
}


def _attribute(name: str, label: Text, counts: GroupCounts, seed: int) -> AttributeFairness:
    drawn = {
        rate: shrunk_draws(getattr(counts, hits), getattr(counts, of), seed)
        for rate, (hits, of) in _RATES.items()
    }
    rows = tuple(_row(counts, drawn, place) for place in range(len(counts.groups)))
    return AttributeFairness(name, label, rows, _gaps(counts, drawn))


def _row(counts: GroupCounts, drawn: Mapping[str, Floats], place: int) -> GroupRow:
    rates = {}
    for rate, (hits, of) in _RATES.items():
        trials = float(getattr(counts, of)[place])
        raw = float(getattr(counts, hits)[place]) / trials if trials else float("nan")
        low, high = np.quantile(drawn[rate][:, place], [0.025, 0.975])
        value = float(drawn[rate][:, place].mean())
        rates[rate] = Rate(int(trials), raw, value, float(low), float(high))
    size = counts.rows[place]
    return GroupRow(
        counts.groups[place], int(size), int(counts.bads[place]), rates,
        float(counts.expected[place] / size),
    )  # fmt: skip


def _gaps(counts: GroupCounts, drawn: Mapping[str, Floats]) -> tuple[Gap, ...]:
    """Return the widest gap of each measure; a single group has none."""
    if len(counts.groups) < 2:
        return ()
    best = int(drawn["approval"].mean(axis=0).argmax())
    ratio = drawn["approval"] / drawn["approval"][:, [best]]
    right = _against_all(drawn["true_positive"], counts.goods)
    wrong = _against_all(drawn["false_positive"], counts.bads)
    error = drawn["bad_rate"] - counts.expected / counts.rows
    return (
        _widest("approval_ratio", counts, ratio, 1.0),
        _widest("true_positive_gap", counts, right, 0.0),
        _widest("false_positive_gap", counts, wrong, 0.0),
        _widest("calibration_gap", counts, _against_all(error, counts.rows), 0.0),
    )


def _against_all(drawn: Floats, weight: Floats) -> Floats:
    """Return each group's share less that of all rows, by draw."""
    overall = drawn @ weight / max(weight.sum(), 1.0)
    return np.asarray(drawn - overall[:, None])


def _widest(measure: str, counts: GroupCounts, drawn: Floats, neutral: float) -> Gap:
    means = drawn.mean(axis=0)
    place = int(np.abs(means - neutral).argmax())
    low, high = np.quantile(drawn[:, place], [0.025, 0.975])
    return Gap(measure, counts.groups[place], float(means[place]), float(low), float(high))
