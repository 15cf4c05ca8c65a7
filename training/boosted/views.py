"""Views of a sample for the trees: every column gives each bin code of one attribute a number.

Numbers are seen by their order. Text is seen in three ways, and the ensemble averages over them: in
the order of its spellings (codes such as A11, A12 are often graded), by its risk, and with a column
for each spelling. None is best on all data, and each ends as the same table over spellings. Text of
many spellings is seen one way only (`training.boosted.words`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from model.dictionary import Dictionary
from model.scorecard import Bins, Floats, Ints
from training.boosted.words import FEW_LEVELS, Column, word_columns
from training.sample import Bools, Sample
from training.woe import counts, smoothed, weight_of_evidence

View = Literal["spelling", "risk", "one_each"]
VIEWS: tuple[View, ...] = get_args(View)
#: Rows at the base rate added to a spelling, of few, before its risk orders it.
_PRIOR_ROWS = 10.0
_SIGN = {"up": 1, "down": -1, "free": 0}


@dataclass(frozen=True)
class Seen:
    """A sample as one view shows it: columns, and their values by row, shape (n, columns)."""

    columns: tuple[Column, ...]
    values: Floats


def different_views(bins: Mapping[str, Bins]) -> tuple[View, ...]:
    """Return the views that differ for these attributes: one if none is a text of few spellings."""
    few = any(2 < len(b.levels) <= FEW_LEVELS for b in bins.values())
    return VIEWS if few else ("risk",)


def see(
    view: View, bins: Mapping[str, Bins], sample: Sample, dictionary: Dictionary, seed: int
) -> Seen:
    """Return `sample` as `view` shows it; `seed` draws the folds of unseen risks."""
    columns: list[Column] = []
    by_row: list[Floats] = []
    for name, own in bins.items():
        codes = own.codes(sample.columns[name])
        if not own.levels:
            found = [Column(name, _in_order(own), _SIGN[dictionary[name].direction])]
        elif len(own.levels) > FEW_LEVELS:
            found, values = word_columns(codes, sample, own, seed)
            columns += found
            by_row += values
            continue
        else:
            found = _text_columns(view, own, codes, sample)
        columns += found
        by_row += [column.by_code[codes] for column in found]
    return Seen(tuple(columns), np.column_stack(by_row))


def shown(seen: Seen, codes: Mapping[str, Ints]) -> Floats:
    """Return other rows, given by their bin codes, under the columns of `seen`."""
    return np.column_stack([column.by_code[codes[column.attribute]] for column in seen.columns])


def _text_columns(view: View, bins: Bins, codes: Ints, sample: Sample) -> list[Column]:
    name = bins.attribute
    if view == "risk":
        return [Column(name, _risk(codes, sample.bad, sample.weights, bins))]
    if view == "spelling" or len(bins.levels) <= 2:
        return [Column(name, _in_order(bins))]
    equal = np.eye(bins.size)
    equal[:, bins.missing] = np.nan
    return [Column(name, equal[level]) for level in range(bins.ordinary)]


def _in_order(bins: Bins) -> Floats:
    by_code = np.arange(bins.size, dtype=np.float64)
    by_code[bins.missing] = np.nan
    # A number out of range is no larger number; an unknown spelling stands after the known.
    by_code[bins.out_of_range] = bins.ordinary if bins.levels else np.nan
    return by_code


def _risk(codes: Ints, bad: Bools, weight: Floats, bins: Bins) -> Floats:
    goods, bads = counts(codes, bad, bins.size, weight)
    risk = weight_of_evidence(*smoothed(goods, bads, _PRIOR_ROWS))
    risk[bins.missing] = np.nan
    return risk
