"""Text with many spellings as two numbers: the shrunk risk and the frequency of each word.

Most words of an address or an employer are rare. Their risks are shrunk towards the base rate by
empirical Bayes: the less words differ beyond chance, the more. The frequency carries the common
risk of rare words. Words with equal numbers share a bin in the trees' tables, so that the size of a
table depends on what is known about words, not on how many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from sklearn.model_selection import StratifiedKFold

from model.card.bins import Bins, Floats, Ints
from training.binning.evidence import counts, smoothed, weight_of_evidence
from training.samples.sample import Bools, Sample

#: A text with more spellings is represented by the two numbers in every view.
FEW_LEVELS = 12
_FOLDS = 5
#: Bounds of the rows at the base rate that a word's risk is shrunk by.
_MIN_PRIOR, _MAX_PRIOR = 2.0, 2000.0
#: Rounding steps of a word's risk (log odds) and frequency (log rows).
_RISK_STEP, _FREQUENCY_STEP = 1 / 64, 1 / 8


@dataclass(frozen=True)
class Column:
    """One input column of the trees: `by_code` has its value by bin code, NaN where missing."""

    attribute: str
    by_code: Floats
    direction: int = 0


def word_columns(
    codes: Ints, sample: Sample, bins: Bins, seed: int
) -> tuple[list[Column], list[Floats]]:
    """Return the columns of a text of many spellings, and their values by row of `sample`.

    A row's risk excludes its own outcome, and its word's frequency excludes the row itself;
    otherwise trees would learn the outcomes of rare words from the rows themselves.
    """
    name, rows = bins.attribute, _rows_by_word(codes, sample, bins)
    risk = _risk(codes, sample.bad, sample.weights, bins)
    columns = [
        Column(name, _round_to(risk, _RISK_STEP)),
        Column(name, _round_to(_log_rows(rows, np.arange(bins.size), bins), _FREQUENCY_STEP)),
    ]
    others = np.maximum(rows[codes] - sample.weights, 0)
    return columns, [_unseen_risk(codes, sample, bins, seed), _log_rows(others, codes, bins)]


def merge_indistinct_words(
    columns: Iterable[Column], bins: Mapping[str, Bins]
) -> tuple[dict[str, Bins], tuple[Column, ...]]:
    """Return `bins` and `columns` with words merged that are equal in all columns."""
    merged, reduced = dict(bins), list(columns)
    for name, own in bins.items():
        positions = [i for i, column in enumerate(reduced) if column.attribute == name]
        if len(own.levels) <= FEW_LEVELS or not positions:
            continue
        values = np.stack([reduced[i].by_code[: own.ordinary] for i in positions])
        _, first, group = np.unique(values, axis=1, return_index=True, return_inverse=True)
        merged[name] = merge_levels(own, group.ravel())
        codes = np.concatenate([first, [own.missing, own.out_of_range]])
        for i in positions:
            reduced[i] = replace(reduced[i], by_code=reduced[i].by_code[codes])
    return merged, tuple(reduced)


def merge_levels(bins: Bins, group: Ints) -> Bins:
    """Return text `bins` with the levels of each `group`, numbered from 0, merged into one."""
    levels: list[list[str]] = [[] for _ in range(int(group.max()) + 1)]
    for words, number in zip(bins.levels, group.tolist(), strict=True):
        levels[number].extend(words)
    return replace(bins, levels=tuple(map(tuple, levels)))


def prior_rows(rows: Floats, bads: Floats) -> float:
    """Return the number of rows at the base rate that a word's bad rate is shrunk by, by moments.

    Beta-binomial: words' true rates have mean m and variance v, and a rate is shrunk by
    m (1 - m) / v - 1 rows (Kleinman 1973, *JASA* 68).
    """
    seen = rows > 0
    total, seen_rows = float(rows.sum()), rows[seen]
    mean = float(bads.sum()) / total
    chance = mean * (1 - mean)
    spread = float(seen_rows @ (bads[seen] / seen_rows - mean) ** 2)
    room = total - float(seen_rows @ seen_rows) / total
    excess = spread - (len(seen_rows) - 1) * chance
    if excess <= 0 or room <= 0:
        return _MAX_PRIOR
    return float(np.clip(chance * room / excess - 1, _MIN_PRIOR, _MAX_PRIOR))


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


def _rows_by_word(codes: Ints, sample: Sample, bins: Bins) -> Floats:
    """Return the rows of a word by bin code; the bin of rare words counts as one average word."""
    rows: Floats = np.bincount(codes, sample.weights, bins.size).astype(np.float64)
    rare = sample.columns[bins.attribute][codes == bins.out_of_range]
    rows[bins.out_of_range] /= max(len(set(rare.tolist())), 1)
    return rows


def _log_rows(rows: Floats, codes: Ints, bins: Bins) -> Floats:
    return np.where(codes == bins.missing, np.nan, np.log1p(rows))


def _round_to(values: Floats, step: float) -> Floats:
    return np.asarray(np.round(values / step) * step)
