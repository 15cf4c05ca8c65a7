"""Screen ratios and differences of two attributes, out of fold, for what they add to the two.

A candidate is cut into equal shares of the rows. From the residuals of ensembles of single
attributes, each part of the rows is predicted from the others (Newton steps).
Candidates are ranked by the log likelihood they gain on unseen rows. The gain of either source's
own shares is deducted, because the ensembles may have cut that source too coarsely.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np

from model.card.bins import Floats, Ints, input_values
from model.card.derived import Derived, Kind
from training.families.boosted.folds import FitInputs
from training.families.boosted.residuals import Residuals, Shares, equal_shares
from training.families.derived_attributes import derived_from

#: Maximum number of sources, the strongest first. A weak attribute may matter beside another: 30
#: left out the day of the month that decides the due date of micro-loans.
_MAX_SOURCES = 48
#: A number with fewer ordinary bins is a code or a small count, and no useful divisor.
_MIN_BINS = 5
_SHARES = 16
#: Minimum share of positive values of a divisor. Elsewhere a ratio counts as missing, and missing
#: never earns more than the typical ratio, whatever these rows are worth
#: (`training.binning.missing`).
_MIN_POSITIVE = 0.95
#: A candidate whose shares correlate more with a source's shares ranks rows as the source does.
_MAX_CORRELATION = 0.95
#: Minimum log likelihood gain; the best of many chance candidates gains the log of their number.
_MIN_GAIN = 4.0
#: Candidates ranked again after each choice.
_SHORT_LIST = 80


def screen_derived(
    inputs: FitInputs, log_odds: Floats, part: Ints, most: int
) -> tuple[Derived, ...]:
    """Return at most `most` derived attributes, best first; each adds to those before it.

    Only numbers without a declared direction are divided or subtracted: the points of a derived
    attribute could undo the direction of its source.

    Parameters
    ----------
    inputs : FitInputs
        Its sample holds the judged rows only.
    log_odds : Floats
        Shape (n,): good:bad, of each row by ensembles that did not see it.
    part : Ints
        Shape (n,): part of each row, for steps across parts.
    """
    sources = _sources(inputs, part)
    shares_of = dict(_candidates(inputs, sources))
    min_gain = max(_MIN_GAIN, float(np.log(max(len(shares_of), 1))))
    candidates, chosen = list(shares_of), list[Derived]()
    while candidates and len(chosen) < most:
        residuals = Residuals.of(inputs.sample, log_odds, part)
        alone = {name: max(residuals.steps(own)[0], 0.0) for name, own in sources.items()}
        gains = {
            own: residuals.steps(shares_of[own])[0] - max(alone[source] for source in own.sources)
            for own in candidates
        }
        candidates = sorted(candidates, key=lambda own: -gains[own])[:_SHORT_LIST]
        best = candidates.pop(0)
        if gains[best] < min_gain:
            break
        chosen.append(best)
        log_odds = log_odds - residuals.steps(shares_of[best])[1]
    return tuple(chosen)


def _sources(inputs: FitInputs, part: Ints) -> dict[str, Shares]:
    """Return the shares of the attributes that may be sources, in dictionary order."""
    base = np.full(len(part), np.log((1 - inputs.sample.bad_rate) / inputs.sample.bad_rate))
    residuals = Residuals.of(inputs.sample, base, part)
    shares_of = {
        name: equal_shares(bins.in_range(inputs.sample.columns[name]), _SHARES)
        for name, bins in inputs.bins.items()
        if inputs.dictionary[name].type == "number"
        and inputs.dictionary[name].direction == "free"
        and len(bins.edges) >= _MIN_BINS - 1
    }
    ranked = sorted(shares_of, key=lambda name: -residuals.steps(shares_of[name])[0])
    return {name: own for name, own in shares_of.items() if name in ranked[:_MAX_SOURCES]}


def _candidates(
    inputs: FitInputs, sources: Mapping[str, Shares]
) -> Iterator[tuple[Derived, Shares]]:
    taken = {name.upper() for name in inputs.dictionary.attributes}
    positive = {name: _positive(inputs, name) for name in sources}
    for pair in combinations(sources, 2):
        # The attribute that is above zero more often is the divisor.
        first, second = sorted(pair, key=lambda name: positive[name])
        for kind in _kinds(inputs, pair, positive[second]):
            own = derived_from(kind, first, second)
            values = input_values(own.name, inputs.sample.columns, inputs.bins, {own.name: own})
            shares = equal_shares(np.asarray(values, dtype=np.float64), _SHARES)
            if own.name.upper() not in taken and _is_new(shares, [sources[n] for n in own.sources]):
                yield own, shares


def _kinds(inputs: FitInputs, pair: tuple[str, str], positive: float) -> Iterator[Kind]:
    """Yield the kinds that suit a pair: yuan per month, but not yuan less months.

    `positive` is the share of the divisor's values that are above zero.
    """
    if positive >= _MIN_POSITIVE:
        yield "ratio"
    if len({inputs.dictionary[name].unit for name in pair}) == 1:
        yield "difference"


def _positive(inputs: FitInputs, name: str) -> float:
    """Return the share of an attribute's values in its range that are above zero."""
    values = inputs.bins[name].in_range(inputs.sample.columns[name])
    return float((values[np.isfinite(values)] > 0).mean())


def _is_new(shares: Shares, sources: list[Shares]) -> bool:
    if np.count_nonzero(np.bincount(shares)) < _MIN_BINS:
        return False
    return all(abs(_correlation(shares, source)) <= _MAX_CORRELATION for source in sources)


def _correlation(first: Shares, second: Shares) -> float:
    """Return the correlation of two columns of shares, from their joint counts.

    A column with one share has no information, so its correlation counts as 1.
    """
    size = _SHARES + 2
    cells = np.bincount(first.astype(np.int64) * size + second, minlength=size * size)
    joint, share = cells.reshape(size, size) / len(first), np.arange(size)
    p, q = joint.sum(axis=1), joint.sum(axis=0)
    a, b = share - (p * share).sum(), share - (q * share).sum()
    scale = np.sqrt((p * a**2).sum() * (q * b**2).sum())
    return float((joint * np.outer(a, b)).sum() / scale) if scale else 1.0
