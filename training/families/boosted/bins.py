"""The input of the trees: fine bins of each attribute, and views that turn bin codes into numbers.

Fine bins are where trees may cut; later, neighbours are merged for the card. A view's columns give
each bin code of an attribute a number. A number keeps its order. Text has three views, over which
the ensemble averages: the order of its spellings (codes such as A11, A12 are often graded), its
risk, and one column for each spelling. No view is best on all data, and each ends as the same table
over spellings. Text of many spellings has one view (`training.families.boosted.spellings`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Bins, Floats, Ints
from model.profile.dictionary import Attribute, Dictionary, Text
from training.additive import Dropped, Shape, no_usable_attribute
from training.binning.binning import (
    ALL_MISSING,
    CONSTANT,
    NOTHING_INSIDE,
    no_frequent_spelling,
)
from training.binning.evidence import counts, smoothed, weight_of_evidence
from training.binning.missing import typical_codes
from training.binning.optimal import RISK_SIGN, tidy_edges
from training.families.boosted.spellings import FEW_LEVELS, Column, word_columns
from training.measures.stability import drop_unstable
from training.samples.sample import Bools, Sample, Values
from training.settings import Settings

#: Maximum ordinary bins of a number; LightGBM's own default is 255.
_MAX_FINE = 128
#: Rows a word needs for a bin of its own; its risk is shrunk and taken out of fold.
_MIN_ROWS = 8
#: All attributes are cut where rows are.
NOT_BY_HAND: Mapping[str, tuple[float, ...]] = {}
View = Literal["spelling", "risk", "one_each"]
VIEWS: tuple[View, ...] = get_args(View)
#: Rows at the base rate added to each of few spellings before its risk is taken.
_PRIOR_ROWS = 10.0


def usable_bins(
    sample: Sample, dictionary: Dictionary, settings: Settings
) -> tuple[dict[str, Bins], list[Dropped]]:
    """Return the fine bins of the scored attributes that vary and are stable, and the others.

    Outcomes can only remove an attribute here, one whose relation to risk turned; so bins of the
    whole sample bring nothing in that its folds would not have.

    Raises
    ------
    TrainingError
        If no attribute is left.
    """
    scored = [dictionary[name] for name in dictionary.named("scored")]
    bins, uninformative = fine_bins(sample, scored, dict(settings.bins))
    stable, unstable = drop_unstable(list(bins), bins, sample, settings)
    dropped = [*uninformative, *unstable]
    if not stable:
        raise no_usable_attribute(dropped)
    return {name: bins[name] for name in stable}, dropped


def fine_bins(
    sample: Sample,
    attributes: list[Attribute],
    by_hand: Mapping[str, tuple[float, ...]] = NOT_BY_HAND,
) -> tuple[dict[str, Bins], list[Dropped]]:
    """Return the fine bins by attribute, and the attributes without information.

    Trees may cut an attribute of `by_hand` at its points alone. A column that repeats an earlier
    one, value for value, is dropped, because trees would split one effect between the two.
    """
    fine: dict[str, Bins] = {}
    dropped, first_with = [], dict[bytes, str]()
    for attribute in attributes:
        cuts = by_hand.get(attribute.name)
        bins = _fine(attribute, sample.columns[attribute.name], cuts)
        if isinstance(bins, Text):
            dropped.append(Dropped(attribute.name, bins))
            continue
        twin = first_with.setdefault(_fingerprint(bins, sample), attribute.name)
        if twin != attribute.name:
            dropped.append(Dropped(attribute.name, _repeats(twin)))
        else:
            fine[attribute.name] = bins
    return fine, dropped


@dataclass(frozen=True)
class SampleView:
    """The columns of a view, and their values by row of the sample, shape (n, columns)."""

    columns: tuple[Column, ...]
    values: Floats


def different_views(bins: Mapping[str, Bins]) -> tuple[View, ...]:
    """Return the views that differ for these attributes: one if no text has few spellings."""
    few = any(2 < len(b.levels) <= FEW_LEVELS for b in bins.values())
    return VIEWS if few else ("risk",)


def view_sample(
    view: View, bins: Mapping[str, Bins], sample: Sample, dictionary: Dictionary, seed: int
) -> SampleView:
    """Return `sample` under `view`; `seed` draws the folds of out-of-fold risks."""
    columns: list[Column] = []
    by_row: list[Floats] = []
    for name, own in bins.items():
        codes = own.codes(sample.columns[name])
        if not own.levels:
            added = [Column(name, _in_order(own), RISK_SIGN[dictionary[name].direction])]
            values = [column.by_code[codes] for column in added]
        elif len(own.levels) > FEW_LEVELS:
            added, values = word_columns(codes, sample, own, seed)
        else:
            added = _text_columns(view, own, codes, sample)
            values = [column.by_code[codes] for column in added]
        columns += added
        by_row += values
    return _without_gain(SampleView(tuple(columns), np.column_stack(by_row)), bins, sample)


def _without_gain(view: SampleView, bins: Mapping[str, Bins], sample: Sample) -> SampleView:
    """Return `view` with a missing value read as the typical one where it would pay to miss.

    In the card, missing is worth at most the typical value (`training.binning.missing`). Trees that
    know it learn from the other attributes what such rows are worth.
    """
    columns, values = list(view.columns), view.values.copy()
    for position, column in enumerate(columns):
        own = bins[column.attribute]
        codes = own.codes(sample.columns[own.attribute])
        typical = _typical(codes, own, sample) if (codes == own.missing).any() else None
        if typical is not None:
            by_code = column.by_code.copy()
            by_code[own.missing] = by_code[typical]
            columns[position] = replace(column, by_code=by_code)
            values[codes == own.missing, position] = by_code[typical]
    return SampleView(tuple(columns), values)


def _typical(codes: Ints, bins: Bins, sample: Sample) -> int | None:
    """Return the bin of the typical value; None where rows without a value are no safer."""
    goods, bads = counts(codes, sample.bad, bins.size, sample.weights)
    rows, known = goods + bads, slice(bins.ordinary)
    if bads[bins.missing] * rows[known].sum() >= bads[known].sum() * rows[bins.missing]:
        return None
    worth = -weight_of_evidence(*smoothed(goods, bads, _PRIOR_ROWS))
    name, weights = bins.attribute, sample.weights
    return next(typical_codes(Shape((name,), worth), {name: bins}, {name: codes}, weights))


def view_rows(view: SampleView, codes: Mapping[str, Ints]) -> Floats:
    """Return other rows, given by their bin codes, under the columns of `view`."""
    return np.column_stack([column.by_code[codes[column.attribute]] for column in view.columns])


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
    # A number out of range has no order; an unknown spelling comes after the known ones.
    by_code[bins.out_of_range] = bins.ordinary if bins.levels else np.nan
    return by_code


def _risk(codes: Ints, bad: Bools, weight: Floats, bins: Bins) -> Floats:
    goods, bads = counts(codes, bad, bins.size, weight)
    risk = weight_of_evidence(*smoothed(goods, bads, _PRIOR_ROWS))
    risk[bins.missing] = np.nan
    return risk


def _fine(attribute: Attribute, values: Values, cuts: tuple[float, ...] | None) -> Bins | Text:
    if attribute.type == "text":
        return _levels(attribute.name, np.asarray(values, dtype=object))
    return _ranges(attribute, np.asarray(values, dtype=np.float64), cuts)


def _ranges(attribute: Attribute, values: Floats, cuts: tuple[float, ...] | None) -> Bins | Text:
    one_bin = Bins(attribute.name, minimum=attribute.minimum, maximum=attribute.maximum)
    ordinary = one_bin.codes(values) == 0
    if np.isnan(values).all():
        return ALL_MISSING
    if not ordinary.any():
        return NOTHING_INSIDE
    distinct = np.unique(values[ordinary])
    if len(distinct) == 1:
        return CONSTANT if ordinary.all() else one_bin
    if cuts is not None:
        return replace(one_bin, edges=cuts)
    return replace(one_bin, edges=tidy_edges(_cuts(values[ordinary], distinct), distinct))


def _cuts(values: Floats, distinct: Floats) -> Floats:
    """Return cuts between all distinct values, or between equal shares of rows if too many."""
    if len(distinct) <= _MAX_FINE:
        return distinct[1:]
    shares = np.arange(1, _MAX_FINE) / _MAX_FINE
    return np.unique(np.quantile(values, shares, method="higher"))


def _levels(name: str, values: NDArray[np.object_]) -> Bins | Text:
    """Give every frequent word a bin; rare words share the out-of-range bin.

    Spellings that differ only in case or accents are one word.
    """
    words = np.array([value for value in values.tolist() if value is not None], dtype=str)
    if not len(words):
        return ALL_MISSING
    spellings, rows = np.unique(words, return_counts=True)
    if len(spellings) == 1 and len(words) == len(values):
        return CONSTANT
    word, word_of = np.unique([_fold(each) for each in spellings.tolist()], return_inverse=True)
    frequent = np.flatnonzero(np.bincount(word_of, weights=rows) >= _MIN_ROWS)
    if not len(frequent):
        return no_frequent_spelling(len(word), _MIN_ROWS)
    return Bins(
        name, levels=tuple(tuple(map(str, spellings[word_of == code])) for code in frequent)
    )


def _fold(spelling: str) -> str:
    letters = unicodedata.normalize("NFKD", spelling.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _fingerprint(bins: Bins, sample: Sample) -> bytes:
    return bins.codes(sample.columns[bins.attribute]).tobytes()


def _repeats(twin: str) -> Text:
    return Text(zh=f"与 {twin} 逐行相同", en=f"the same as {twin}, row by row")
