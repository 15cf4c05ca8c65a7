"""Boosted shapes: trees of two splits, distilled into tables and merged into few bins.

The number of trees, the pairs and the derived attributes are chosen on splits within the sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import lightgbm
import numpy as np

from model.card.bins import Floats
from model.card.derived import Derived
from model.errors import TrainingError
from model.profile.dictionary import Dictionary, Text
from training.additive import Additive, Dropped, Fit
from training.binning.evidence import information_values
from training.families.boosted.bins import (
    SampleView,
    View,
    different_views,
    fine_bins,
    usable_bins,
    view_sample,
)
from training.families.boosted.booster import Effort, Growth, effort_for, grow, run_parallel
from training.families.boosted.derived import screen_derived
from training.families.boosted.folds import FitInputs, Grown, InnerSplits, grow_on_splits
from training.families.boosted.merge import reduce_bins
from training.families.boosted.pairs import choose_pairs
from training.families.boosted.purify import bin_weights, purify, with_unseen_bins
from training.families.boosted.spellings import merge_indistinct_words
from training.families.boosted.trees import Tables
from training.families.cross_fit import Fits
from training.families.derived_attributes import with_attributes, with_columns
from training.measures.calibration import log_losses
from training.samples.sample import Sample
from training.settings import Family, Settings

#: The whole sample supports a few more rounds than the folds that chose their number.
_MORE_ROUNDS = 1.1
#: Standard errors by which freer growth must lower the loss; its pairs were ranked on these rows.
_FREER_ERRORS = 2.0
#: How each view turns the spellings of a text into numbers.
_VIEWS: Mapping[View, Text] = {
    "spelling": Text("按写法次序", "by order of spellings"),
    "risk": Text("按风险", "by risk"),
    "one_each": Text("一词一列", "by one column a spelling"),
}
PAIRS: Final[Family] = "boosted"
SINGLE: Final[Family] = "boosted_single"


@dataclass(frozen=True)
class BoostedEstimator:
    """The estimator stored for analysts: the shapes over fine bins, before any was merged."""

    fine: Additive
    growth: Growth


class BoostedLearner:
    """Distilled boosted shapes: of single attributes, and with pairs of attributes."""

    def __init__(self, *families: Family) -> None:
        self.families = families or (SINGLE, PAIRS)

    def fits(self, sample: Sample, dictionary: Dictionary, settings: Settings) -> Fits:
        """Return one fit for each of `families`; see `training.families.cross_fit`."""
        bins, dropped = usable_bins(sample, dictionary, settings)
        inputs = FitInputs(sample, bins, dictionary, different_views(bins), settings.seed)
        effort = effort_for(len(sample), len(bins))
        inner = InnerSplits.of(sample, effort.splits, settings)
        growth = effort.growth
        grown = grow_on_splits(inputs, inner, growth)
        inputs, grown = _with_ratios(inputs, inner, growth, grown, settings)
        make = partial(_fit, dropped=tuple(dropped), effort=effort, settings=settings)
        fits: dict[Family, Mapping[str, Fit]] = {}
        if SINGLE in self.families:
            fits[SINGLE] = {SINGLE: make(Choice(inputs, growth, grown.rounds))}
        if PAIRS in self.families:
            paired, grown = _with_pairs(inputs, inner, effort, grown)
            fits[PAIRS] = {PAIRS: make(Choice(inputs, paired, grown.rounds))}
        return fits


@dataclass(frozen=True)
class Choice:
    """What was chosen on a sample; `inputs` holds the sample and its bins."""

    inputs: FitInputs
    growth: Growth
    rounds: Mapping[View, int]

    def on(self, sample: Sample, settings: Settings) -> Choice:
        """Return the same choice on other rows, with fine bins of their own."""
        inputs = self.inputs
        sample = with_columns(sample, inputs.derived, inputs.bins)
        attributes = [inputs.dictionary[name] for name in inputs.bins]
        bins, _ = fine_bins(sample, attributes, dict(settings.bins))
        pairs = tuple(p for p in self.growth.pairs or () if set(p) <= set(bins))
        derived = {name: own for name, own in inputs.derived.items() if name in bins}
        return Choice(
            replace(inputs, sample=sample, bins=bins, derived=derived),
            replace(self.growth, pairs=pairs),
            self.rounds,
        )

    @property
    def note(self) -> Text:
        """The choice in words."""
        # Trees may use these pairs; the card keeps those that move points.
        pairs, derived = len(self.growth.pairs or ()), len(self.inputs.derived)
        zh = "、".join(f"{_VIEWS[view].zh} {count}" for view, count in self.rounds.items())
        en = ", ".join(f"{count} {_VIEWS[view].en}" for view, count in self.rounds.items())
        least = self.growth.least_rows
        return Text(
            f"最多 {pairs} 个组合；派生 {derived} 个；每叶至少 {least} 行；轮数：{zh}",
            f"at most {pairs} pairs; {derived} derived; {least} rows a leaf; rounds: {en}",
        )


def _fit(choice: Choice, dropped: tuple[Dropped, ...], effort: Effort, settings: Settings) -> Fit:
    fine = distil(choice.inputs, choice.growth, choice.rounds, effort.bags)
    few = reduce_bins(fine, choice.inputs.sample, effort.most_bins)
    return Fit(
        additive=few,
        dropped=dropped,
        strength=information_values(few, choice.inputs.sample, settings.prior_rows),
        estimator=BoostedEstimator(fine, choice.growth),
        fine=fine,
        note=choice.note,
        on=lambda sample: _fit(
            choice.on(sample, settings), dropped, replace(effort, bags=2 * effort.bags), settings
        ),
    )


def _with_pairs(
    inputs: FitInputs, inner: InnerSplits, effort: Effort, grown: Grown
) -> tuple[Growth, Grown]:
    """Return the growth with pairs and its ensembles: more pairs and smaller leaves if they pay.

    Most tables are nearly additive, where freedom follows noise. Where risk lies in combinations,
    it is worth many times its error.
    """
    paired = _grown_with_pairs(inputs, inner, effort, grown)
    if effort.freer is None:
        return paired
    freer = _grown_with_pairs(inputs, inner, effort.freer, grown)
    judged = inputs.sample.take(inner.rows)
    pays = lowers_loss(paired[1].unseen, freer[1].unseen, judged, _FREER_ERRORS)
    return freer if pays else paired


def _grown_with_pairs(
    inputs: FitInputs, inner: InnerSplits, effort: Effort, grown: Grown
) -> tuple[Growth, Grown]:
    growth = effort.growth
    pairs = choose_pairs(inputs, inner, growth, effort.most_pairs)
    if not pairs:
        return growth, grown
    growth = replace(growth, pairs=pairs)
    return growth, grow_on_splits(inputs, inner, growth)


def _with_ratios(
    inputs: FitInputs, inner: InnerSplits, growth: Growth, grown: Grown, settings: Settings
) -> tuple[FitInputs, Grown]:
    """Return the inputs and their ensembles, with the derived attributes that lower the loss."""
    if not settings.most_derived:
        return inputs, grown
    judged = replace(inputs, sample=inputs.sample.take(inner.rows))
    derived = screen_derived(judged, grown.unseen, inner.part, settings.most_derived)
    wider = with_derived(inputs, derived, settings)
    if wider is None:
        return inputs, grown
    wider_grown = grow_on_splits(wider, inner, growth)
    is_better = lowers_loss(grown.unseen, wider_grown.unseen, judged.sample)
    return (wider, wider_grown) if is_better else (inputs, grown)


def lowers_loss(before: Floats, after: Floats, sample: Sample, errors: float = 1.0) -> bool:
    """Whether `after` has a lower loss than `before`, by more than `errors` standard errors.

    Parameters
    ----------
    before, after : Floats
        Shape (n,): log odds good:bad of the rows of `sample`, which the fits did not see.
    """
    gained = _losses(before, sample) - _losses(after, sample)
    return bool(gained.mean() > errors * gained.std() / np.sqrt(len(gained)))


def distil(inputs: FitInputs, growth: Growth, rounds: Mapping[View, int], bags: int) -> Additive:
    """Return the mean of at least `bags` ensembles grown on the whole sample, as fine tables."""
    per_view = -(-bags // len(rounds))
    works = [
        partial(_one_bag, inputs, growth, view, round(_MORE_ROUNDS * count), inputs.seed + 1 + bag)
        for view, count in rounds.items()
        for bag in range(per_view)
    ]
    grown = run_parallel(works)
    # Words have the same numbers in every bag; only the folds of out-of-fold risks differ.
    bins, _ = merge_indistinct_words(grown[0][0].columns, inputs.bins)
    tables = Tables.empty(bins)
    for view, ensemble in grown:
        tables.add(
            ensemble, merge_indistinct_words(view.columns, inputs.bins)[1], 1 / len(works), -1
        )
    weights = bin_weights(bins, inputs.sample)
    fine = with_unseen_bins(purify(tables, bins, weights, inputs.dictionary), weights)
    return replace(fine, derived=inputs.derived)


def _one_bag(
    inputs: FitInputs, growth: Growth, view: View, rounds: int, seed: int
) -> tuple[SampleView, lightgbm.Booster]:
    # Another seed also draws other folds for the out-of-fold risks.
    seen = view_sample(view, inputs.bins, inputs.sample, inputs.dictionary, seed)
    return seen, grow(seen, inputs.sample, growth, rounds, seed)


def with_derived(
    inputs: FitInputs, derived: tuple[Derived, ...], settings: Settings
) -> FitInputs | None:
    """Return the inputs with the stable ones of `derived`; None if there are none."""
    by_name = {own.name: own for own in derived}
    sample = with_columns(inputs.sample, by_name, inputs.bins)
    dictionary = with_attributes(inputs.dictionary, derived)
    only = Dictionary({name: dictionary[name] for name in by_name}, dictionary.digest)
    try:
        bins, _ = usable_bins(sample, only, settings)
    except TrainingError:
        return None
    return replace(
        inputs,
        sample=sample,
        bins={**inputs.bins, **bins},
        dictionary=dictionary,
        derived={name: by_name[name] for name in bins},
    )


def _losses(log_odds: Floats, sample: Sample) -> Floats:
    return np.asarray(sample.weights * log_losses(log_odds, sample.bad), dtype=np.float64)
