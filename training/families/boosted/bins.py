"""Views of a sample for the trees: every column gives each bin code of one attribute a number.

Numbers are seen by their order. Text is seen in three ways, and the ensemble averages over them: in
the order of its spellings (codes such as A11, A12 are often graded), by its risk, and with a column
for each spelling. None is best on all data, and each ends as the same table over spellings. Text of
many spellings is seen one way only (`training.families.boosted.spellings`).

An attribute's fine bins: where trees may cut, before neighbours are merged for the card.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Bins, Floats, Ints
from model.errors import TrainingError
from model.profile.dictionary import Attribute, Dictionary, Text
from training.additive import Dropped
from training.binning.binning import (
    ALL_MISSING,
    CONSTANT,
    NOTHING_INSIDE,
    no_frequent_spelling,
)
from training.binning.evidence import counts, smoothed, weight_of_evidence
from training.binning.optimal import tidy_edges
from training.families.boosted.spellings import FEW_LEVELS, Column, word_columns
from training.measures.steadiness import coarse, steady
from training.samples.sample import Bools, Sample
from training.settings import Settings

#: Ordinary bins of a number; LightGBM's own default is 255.
_MOST_FINE = 128
#: Rows a word needs for a bin of its own; its risk is shrunk and taken out of fold.
_LEAST_ROWS = 8


def usable_bins(
    sample: Sample, dictionary: Dictionary, settings: Settings
) -> tuple[dict[str, Bins], list[Dropped]]:
    """Return the fine bins of the scored attributes that speak and keep still, and the others.

    Neither test reads an outcome, so bins taken on a whole sample tell its folds nothing of theirs.

    Raises
    ------
    TrainingError
        If no attribute is left.
    """
    scored = [dictionary[name] for name in dictionary.named("scored")]
    found, silent = fine_bins(sample, scored)
    few = {name: coarse(own, sample.columns[name]) for name, own in found.items()}
    kept, moved = steady(list(found), few, sample, settings)
    dropped = [*silent, *moved]
    if not kept:
        told = "; ".join(f"{d.attribute}: {d.reason.en}" for d in dropped[:10])
        raise TrainingError(f"no attribute can be used, so there is nothing to score by ({told})")
    return {name: found[name] for name in kept}, dropped


def fine_bins(sample: Sample, attributes: list[Attribute]) -> tuple[dict[str, Bins], list[Dropped]]:
    """Return the fine bins by attribute, and the attributes that say nothing.

    A column that repeats an earlier one, value for value, is dropped: trees would share one
    effect between the twins.
    """
    found: dict[str, Bins] = {}
    dropped, seen = [], dict[bytes, str]()
    for attribute in attributes:
        bins = _fine(attribute, sample.columns[attribute.name])
        if isinstance(bins, Text):
            dropped.append(Dropped(attribute.name, bins))
            continue
        twin = seen.setdefault(_print_of(bins, sample), attribute.name)
        if twin != attribute.name:
            dropped.append(Dropped(attribute.name, _repeats(twin)))
        else:
            found[attribute.name] = bins
    return found, dropped


def _fine(attribute: Attribute, values: NDArray[np.float64] | NDArray[np.object_]) -> Bins | Text:
    if attribute.type == "text":
        return _levels(attribute.name, np.asarray(values, dtype=object))
    return _ranges(attribute, np.asarray(values, dtype=np.float64))


def _ranges(attribute: Attribute, values: Floats) -> Bins | Text:
    whole = Bins(attribute.name, minimum=attribute.minimum, maximum=attribute.maximum)
    ordinary = whole.codes(values) == 0
    if np.isnan(values).all():
        return ALL_MISSING
    if not ordinary.any():
        return NOTHING_INSIDE
    distinct = np.unique(values[ordinary])
    if len(distinct) == 1:
        return CONSTANT if ordinary.all() else whole
    return replace(whole, edges=tidy_edges(_cuts(values[ordinary], distinct), distinct))


def _cuts(values: Floats, distinct: Floats) -> Floats:
    """Return cuts between all distinct values, or else between equal shares of the rows."""
    if len(distinct) <= _MOST_FINE:
        return distinct[1:]
    shares = np.arange(1, _MOST_FINE) / _MOST_FINE
    return np.unique(np.quantile(values, shares, method="higher"))


def _levels(name: str, values: NDArray[np.object_]) -> Bins | Text:
    """Give every frequent word a bin, however it is written; rare ones share the out-of-range bin.

    Spellings that differ by upper and lower case or accents alone are one word.
    """
    words = np.array([value for value in values.tolist() if value is not None], dtype=str)
    if not len(words):
        return ALL_MISSING
    found, rows = np.unique(words, return_counts=True)
    if len(found) == 1 and len(words) == len(values):
        return CONSTANT
    word, of = np.unique([_plain(spelling) for spelling in found.tolist()], return_inverse=True)
    frequent = np.flatnonzero(np.bincount(of, weights=rows) >= _LEAST_ROWS)
    if not len(frequent):
        return no_frequent_spelling(len(word), _LEAST_ROWS)
    return Bins(name, levels=tuple(tuple(map(str, found[of == place])) for place in frequent))


def _plain(spelling: str) -> str:
    letters = unicodedata.normalize("NFKD", spelling.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _print_of(bins: Bins, sample: Sample) -> bytes:
    return bins.codes(sample.columns[bins.attribute]).tobytes()


def _repeats(twin: str) -> Text:
    return Text(zh=f"与 {twin} 逐行相同", en=f"the same as {twin}, row by row")


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
