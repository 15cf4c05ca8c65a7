"""A card's fairness on a sample: rates and calibration by group, and the widest gaps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from model.dictionary import Dictionary, Text
from model.scorecard import Card, Floats
from training.fairness.findings import (
    AttributeFairness,
    FairnessReport,
    Gap,
    GroupRow,
    Rate,
)
from training.fairness.group_counts import GroupCounts, group_counts
from training.fairness.proxies import proxies
from training.fairness.shrinkage import shrunk_draws
from training.sample import Sample


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
