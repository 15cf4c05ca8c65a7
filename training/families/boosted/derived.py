"""Which ratios and differences of two attributes say more than the two: screened out of fold.

A candidate is seen in equal shares of the rows. By what ensembles of single attributes leave
unexplained (Newton steps on out-of-fold residuals), each fold is predicted from the others; the
log likelihood so gained on unseen rows ranks candidates. What either source gains by shares of its
own is deducted, since the ensembles may merely have cut it too coarsely.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Floats, Ints, input_values
from model.card.derived import KINDS, Derived, Kind
from training.families.boosted.folds import Frame
from training.families.derived_attributes import derived_from
from training.samples.sample import Rows

Shares = NDArray[np.uint8]
#: Sources at most, the strongest first. One weak alone may speak beside another: with 30, the day
#: of the month that decided about the due date of micro-loans was not among them.
_MOST_SOURCES = 48
#: A number with fewer ordinary bins is a code or a count of few: nothing to divide by.
_LEAST_BINS = 5
_SHARES = 16
#: A candidate whose shares correlate so with a source's ranks rows as the source alone does.
_MOST_ALIKE = 0.95
#: Rows at rest that each share holds beside its own.
_PRIOR_ROWS = 20.0
#: Log likelihood a candidate gains at least; of many, the best by chance gains their logarithm.
_LEAST_GAIN = 4.0
#: Candidates looked at again after one was chosen.
_SHORT_LIST = 80


@dataclass(frozen=True)
class Residuals:
    """What log odds leave unexplained: gradient and curvature by row, and the fold of each row."""

    gradient: Floats
    curvature: Floats
    fold: Ints

    @staticmethod
    def of(frame: Frame, log_odds: Floats, fold: Ints) -> Residuals:
        """Return those of `log_odds` (good:bad) on the frame's sample."""
        risk = 1 / (1 + np.exp(log_odds))
        weight = frame.sample.weights
        return Residuals(
            weight * (frame.sample.bad - risk), weight * np.maximum(risk * (1 - risk), 1e-6), fold
        )

    def steps(self, shares: Shares) -> tuple[float, Floats]:
        """Return the log likelihood gained on unseen rows, and each row's step (log odds bad)."""
        size, folds = int(shares.max()) + 1, int(self.fold.max()) + 1
        at = self.fold * size + shares
        sums = (np.bincount(at, each, folds * size).reshape(folds, size)
                for each in (self.gradient, self.curvature))  # fmt: skip
        gradient, curvature = sums
        rest = _PRIOR_ROWS * float(self.curvature.mean())
        known = curvature.sum(axis=0) - curvature + rest
        step = (gradient.sum(axis=0) - gradient) / known
        gained = float((step * gradient - step**2 * curvature / 2).sum())
        return gained, step[self.fold, shares]


def screened(
    frame: Frame, log_odds: Floats, folds: list[tuple[Rows, Rows]], most: int
) -> tuple[Derived, ...]:
    """Return at most `most` derived inputs that gain beside each other, best first.

    Only free numbers are divided or subtracted: of a source with a declared direction, the points
    of what is derived from it could undo the direction.

    Parameters
    ----------
    log_odds : Floats
        Shape (n,): good:bad, of each row by ensembles that did not see it.
    """
    fold = np.zeros(len(frame.sample), dtype=np.int64)
    for number, (_, unseen) in enumerate(folds):
        fold[unseen] = number
    sources = _sources(frame, fold)
    found = dict(_candidates(frame, sources))
    least = max(_LEAST_GAIN, float(np.log(max(len(found), 1))))
    names, chosen = list(found), list[Derived]()
    while names and len(chosen) < most:
        residuals = Residuals.of(frame, log_odds, fold)
        alone = {name: max(residuals.steps(own)[0], 0.0) for name, own in sources.items()}
        gains = {
            own: residuals.steps(found[own])[0] - max(alone[source] for source in own.sources)
            for own in names
        }
        names = sorted(names, key=lambda own: -gains[own])[:_SHORT_LIST]
        best = names.pop(0)
        if gains[best] < least:
            break
        chosen.append(best)
        log_odds = log_odds - residuals.steps(found[best])[1]
    return tuple(chosen)


def _sources(frame: Frame, fold: Ints) -> dict[str, Shares]:
    """Return the shares of the attributes that may be divided and subtracted, in card order."""
    base = np.full(len(fold), np.log((1 - frame.sample.bad_rate) / frame.sample.bad_rate))
    residuals = Residuals.of(frame, base, fold)
    found = {
        name: _shares(bins.in_range(frame.sample.columns[name]))
        for name, bins in frame.bins.items()
        if frame.dictionary[name].type == "number"
        and frame.dictionary[name].direction == "free"
        and len(bins.edges) >= _LEAST_BINS - 1
    }
    ranked = sorted(found, key=lambda name: -residuals.steps(found[name])[0])
    return {name: own for name, own in found.items() if name in ranked[:_MOST_SOURCES]}


def _candidates(frame: Frame, sources: Mapping[str, Shares]) -> Iterator[tuple[Derived, Shares]]:
    taken = {name.upper() for name in frame.dictionary.attributes}
    positive = {name: _positive(frame, name) for name in sources}
    for pair in combinations(sources, 2):
        for kind in _kinds(frame, pair):
            # Whichever of two is above zero more often divides.
            first, second = sorted(pair, key=lambda name: positive[name])
            own = derived_from(kind, first, second)
            values = input_values(own.name, frame.sample.columns, frame.bins, {own.name: own})
            shares = _shares(np.asarray(values, dtype=np.float64))
            if own.name.upper() not in taken and _is_new(shares, [sources[n] for n in own.sources]):
                yield own, shares


def _kinds(frame: Frame, pair: tuple[str, str]) -> tuple[Kind, ...]:
    """Return what may be made of a pair: yuan less months are nothing, yuan per month are."""
    units = {frame.dictionary[name].unit for name in pair}
    return KINDS if len(units) == 1 else ("ratio",)


def _positive(frame: Frame, name: str) -> float:
    """Return the share of rows in which an attribute is above zero."""
    return float((frame.bins[name].in_range(frame.sample.columns[name]) > 0).mean())


def _shares(values: Floats) -> Shares:
    """Return which of sixteen equal shares each value falls into; the last is what is no number."""
    usable = np.isfinite(values)
    if not usable.any():
        return np.zeros(len(values), dtype=np.uint8)
    at = np.arange(1, _SHARES) / _SHARES
    cuts = np.unique(np.quantile(values[usable], at, method="higher"))
    shares = np.searchsorted(cuts, values, side="right")
    shares[~usable] = len(cuts) + 1
    return shares.astype(np.uint8)


def _is_new(shares: Shares, sources: list[Shares]) -> bool:
    if np.count_nonzero(np.bincount(shares)) < _LEAST_BINS:
        return False
    return all(abs(_correlation(shares, source)) <= _MOST_ALIKE for source in sources)


def _correlation(first: Shares, second: Shares) -> float:
    """Return the correlation of two columns of shares, from how often each two meet.

    A column of one share says nothing of its own: it counts as alike.
    """
    size = _SHARES + 2
    met = np.bincount(first.astype(np.int64) * size + second, minlength=size * size)
    rows, at = met.reshape(size, size) / len(first), np.arange(size)
    one, other = rows.sum(axis=1), rows.sum(axis=0)
    a, b = at - (one * at).sum(), at - (other * at).sum()
    spread = np.sqrt((one * a**2).sum() * (other * b**2).sum())
    return float((rows * np.outer(a, b)).sum() / spread) if spread else 1.0
