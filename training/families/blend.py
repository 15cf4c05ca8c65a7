"""A blend of families: the weighted sum of their additive models, which is additive again.

Out of fold no family is best on all tables, and on few rows the best one is hard to tell. A
weighted sum of log odds (stacking: Wolpert 1992; non-negative weights: Breiman 1996, *Machine
Learning* 24) needs no such choice. Tables of one attribute add up over the bins of both, so that
the blend is printed and served as any card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from scipy.optimize import minimize

from model.card.bins import Bins, Floats, Ints
from model.profile.dictionary import Text
from training.additive import Additive, Fit, Shape
from training.binning.evidence import information_values
from training.families.boosted.booster import effort_for
from training.families.boosted.merge import reduce_bins
from training.families.cross_fit import CrossFit, loss_of
from training.families.derived_attributes import with_columns
from training.samples.sample import Bools, Sample
from training.settings import Family, Settings

BLEND: Final[Family] = "blend"
#: Penalty on the squared distance from equal weights. Models differ little, so that on few rows the
#: weights would be chance: on the German loans equal weights lose .0061 less than free ones.
_PRIOR = 200.0
#: A family with a smaller weight is left out.
_LEAST_WEIGHT = 0.05


def blend(parts: Mapping[Family, CrossFit], sample: Sample, settings: Settings) -> CrossFit | None:
    """Return the blend of `parts`, all cross-fitted on the same folds; None if one has all weight.

    The out-of-fold log odds of a fold use weights found on the other folds.
    """
    unseen = np.column_stack([part.unseen_log_odds for part in parts.values()])
    fold = next(iter(parts.values())).fold
    log_odds = np.empty(len(sample))
    for number in np.unique(fold):
        here = fold == number
        intercept, weights = _weights(unseen[~here], sample.bad[~here], sample.weights[~here])
        log_odds[here] = intercept + unseen[here] @ weights
    intercept, weights = _weights(unseen, sample.bad, sample.weights)
    fits = [part.fit for part in parts.values()]
    kept = [(fit, w) for fit, w in zip(fits, weights.tolist(), strict=True) if w >= _LEAST_WEIGHT]
    if len(kept) < 2:
        return None
    names = ", ".join(f"{w:.2f} {name}" for name, w in zip(parts, weights.tolist(), strict=True)
                      if w >= _LEAST_WEIGHT)  # fmt: skip
    fit = _combine(kept, intercept, Text(names, names), sample, settings)
    return CrossFit(fit, names, {names: loss_of(log_odds, sample)}, log_odds, fold)


def _weights(unseen: Floats, bad: Bools, weight: Floats) -> tuple[float, Floats]:
    """Return the intercept and the non-negative weights with the least log loss."""
    count = unseen.shape[1]
    equal = 1 / count

    def objective(values: Floats) -> tuple[float, Floats]:
        log_odds = values[0] + unseen @ values[1:]
        losses = np.logaddexp(0.0, np.where(bad, log_odds, -log_odds))
        slope = weight * (bad - 1 / (1 + np.exp(log_odds)))
        away = values[1:] - equal
        loss = float(weight @ losses + _PRIOR * away @ away)
        return loss, np.concatenate([[slope.sum()], unseen.T @ slope + 2 * _PRIOR * away])

    start = np.concatenate([[0.0], np.full(count, equal)])
    bounds = [(None, None), *[(0.0, None)] * count]
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return float(found.x[0]), np.asarray(found.x[1:])


def _combine(
    parts: Sequence[tuple[Fit, float]],
    intercept: float,
    note: Text,
    sample: Sample,
    settings: Settings,
) -> Fit:
    fine = weighted_sum([(fit.fine or fit.additive, weight) for fit, weight in parts], intercept)
    rows = with_columns(sample, fine.derived, fine.bins)
    few = reduce_bins(fine, rows, effort_for(len(sample), len(fine.bins)).most_bins)
    dropped = {each.attribute: each for fit, _ in parts for each in fit.dropped}
    return Fit(
        additive=few,
        dropped=tuple(own for name, own in dropped.items() if name not in few.bins),
        strength=information_values(few, rows, settings.prior_rows),
        estimator=tuple((fit.estimator, weight) for fit, weight in parts),
        fine=fine,
        note=note,
        on=lambda other: _combine(
            [(fit.on(other) if fit.on else fit, weight) for fit, weight in parts],
            intercept, note, other, settings,
        ),
    )  # fmt: skip


def weighted_sum(parts: Sequence[tuple[Additive, float]], intercept: float) -> Additive:
    """Return ``intercept + sum of weight * additive`` as one additive model."""
    bins = _common_bins([additive for additive, _ in parts])
    tables: dict[tuple[str, ...], Floats] = {}
    for additive, weight in parts:
        intercept += weight * additive.intercept
        own = {name: _codes_within(bins[name], additive.bins[name]) for name in additive.bins}
        for shape in additive.shapes:
            spread = shape.log_odds[np.ix_(*(own[name] for name in shape.attributes))]
            tables[shape.attributes] = tables.get(shape.attributes, 0.0) + weight * spread
    ordered = sorted(tables, key=len)
    derived = {name: own for additive, _ in parts for name, own in additive.derived.items()}
    return Additive(intercept, bins, tuple(Shape(n, tables[n]) for n in ordered), derived)


def _common_bins(models: Sequence[Additive]) -> dict[str, Bins]:
    """Return bins that are at least as fine as those of every model."""
    common: dict[str, Bins] = {}
    for model in models:
        for name, own in model.bins.items():
            common[name] = _common(common[name], own) if name in common else own
    return common


def _common(first: Bins, second: Bins) -> Bins:
    if not (first.levels or second.levels):
        return replace(first, edges=tuple(sorted({*first.edges, *second.edges})))
    groups: dict[tuple[int, int], list[str]] = {}
    codes = [{word: code for code, words in enumerate(own.levels) for word in words}
             for own in (first, second)]  # fmt: skip
    for word in dict.fromkeys([*codes[0], *codes[1]]):
        key = codes[0].get(word, first.out_of_range), codes[1].get(word, second.out_of_range)
        groups.setdefault(key, []).append(word)
    return replace(first, levels=tuple(tuple(words) for words in groups.values()))


def _codes_within(fine: Bins, own: Bins) -> Ints:
    """Return the code in `own` of each bin code of `fine`, shape (fine.size,)."""
    if fine.levels:
        first_words = np.array([words[0] for words in fine.levels], dtype=object)
        ordinary = own.codes(first_words)
    else:
        starts = np.searchsorted(own.edges, fine.edges, side="right")
        ordinary = np.concatenate([[0], starts]).astype(np.int64)
    return np.concatenate([ordinary, [own.missing, own.out_of_range]])
