"""Words of many spellings as two numbers: their risk, shrunk, and how often they occur.

Most words of an address or an employer are rare. Their risks are shrunk towards the base rate as
far as words differ by no more than chance would make them (empirical Bayes), and how common a word
is speaks for the rare ones together. Words that both numbers show alike are one bin to the trees'
tables, so that a table's size follows what is known of words, not how many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from sklearn.model_selection import StratifiedKFold

from model.card.bins import Bins, Floats, Ints
from training.binning.evidence import counts, smoothed, weight_of_evidence
from training.samples.sample import Bools, Sample

#: A text with more spellings is seen by these two numbers, in every view.
FEW_LEVELS = 12
_FOLDS = 5
#: Rows at the base rate that a word's risk is shrunk by, at least and at most.
_LEAST_PRIOR, _MOST_PRIOR = 2.0, 2000.0
#: Steps of a word's risk (log odds) and of its commonness (log rows) that trees tell apart.
_RISK_STEP, _COMMON_STEP = 1 / 64, 1 / 8


@dataclass(frozen=True)
class Column:
    """One column the trees see: `by_code` is its value at each bin code, NaN where missing."""

    attribute: str
    by_code: Floats
    direction: int = 0


def word_columns(
    codes: Ints, sample: Sample, bins: Bins, seed: int
) -> tuple[list[Column], list[Floats]]:
    """Return the columns of a text of many spellings, and their values by row of `sample`.

    A row's own outcome has no part in the risk it shows, nor the row itself in how common its word
    is: trees would trust a rare word for what they already know.
    """
    name, rows = bins.attribute, _rows_of(codes, sample, bins)
    risk = _risk(codes, sample.bad, sample.weights, bins)
    columns = [
        Column(name, _in_steps(risk, _RISK_STEP)),
        Column(name, _in_steps(_common(rows, bins), _COMMON_STEP)),
    ]
    others = np.maximum(rows[codes] - sample.weights, 0)
    return columns, [_unseen_risk(codes, sample, bins, seed), _logged(others, codes, bins)]


def told_apart(
    columns: Iterable[Column], bins: Mapping[str, Bins]
) -> tuple[dict[str, Bins], tuple[Column, ...]]:
    """Return `bins` and `columns` with the words that all columns show alike made one."""
    found, over = dict(bins), list(columns)
    for name, own in bins.items():
        mine = [place for place, column in enumerate(over) if column.attribute == name]
        if len(own.levels) <= FEW_LEVELS or not mine:
            continue
        shown = np.stack([over[place].by_code[: own.ordinary] for place in mine])
        _, first, group = np.unique(shown, axis=1, return_index=True, return_inverse=True)
        found[name] = joined(own, group.ravel())
        kept = np.concatenate([first, [own.missing, own.out_of_range]])
        for place in mine:
            over[place] = replace(over[place], by_code=over[place].by_code[kept])
    return found, tuple(over)


def joined(bins: Bins, group: Ints) -> Bins:
    """Return text `bins` with the levels of each group, numbered from 0, made one level."""
    levels: list[list[str]] = [[] for _ in range(int(group.max()) + 1)]
    for words, place in zip(bins.levels, group.tolist(), strict=True):
        levels[place].extend(words)
    return replace(bins, levels=tuple(map(tuple, levels)))


def prior_rows(rows: Floats, bads: Floats) -> float:
    """Return the rows at the base rate that a word's bad rate is shrunk by, by moments.

    Beta-binomial: words' true rates have mean m and variance v, and a rate is shrunk by
    m (1 - m) / v - 1 rows (Kleinman 1973, *JASA* 68).
    """
    met = rows > 0
    total, met_rows = float(rows.sum()), rows[met]
    mean = float(bads.sum()) / total
    chance = mean * (1 - mean)
    spread = float(met_rows @ (bads[met] / met_rows - mean) ** 2)
    room = total - float(met_rows @ met_rows) / total
    excess = spread - (len(met_rows) - 1) * chance
    if excess <= 0 or room <= 0:
        return _MOST_PRIOR
    return float(np.clip(chance * room / excess - 1, _LEAST_PRIOR, _MOST_PRIOR))


def _risk(codes: Ints, bad: Bools, weight: Floats, bins: Bins) -> Floats:
    goods, bads = counts(codes, bad, bins.size, weight)
    prior = prior_rows(goods + bads, bads)
    risk = weight_of_evidence(*smoothed(goods, bads, prior))
    risk[bins.missing] = np.nan
    return risk


def _unseen_risk(codes: Ints, sample: Sample, bins: Bins, seed: int) -> Floats:
    risk, weight = np.empty(len(codes)), sample.weights
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    for known, new in folds.split(codes, sample.bad):
        risk[new] = _risk(codes[known], sample.bad[known], weight[known], bins)[codes[new]]
    return risk


def _rows_of(codes: Ints, sample: Sample, bins: Bins) -> Floats:
    """Return the rows of a word by bin code; the bin of rare words counts as one of them."""
    rows: Floats = np.bincount(codes, sample.weights, bins.size).astype(np.float64)
    rare = sample.columns[bins.attribute][codes == bins.out_of_range]
    rows[bins.out_of_range] /= max(len(set(rare.tolist())), 1)
    return rows


def _common(rows: Floats, bins: Bins) -> Floats:
    return _logged(rows, np.arange(bins.size), bins)


def _logged(rows: Floats, codes: Ints, bins: Bins) -> Floats:
    return np.where(codes == bins.missing, np.nan, np.log1p(rows))


def _in_steps(values: Floats, step: float) -> Floats:
    return np.asarray(np.round(values / step) * step)
