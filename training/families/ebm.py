"""Explainable boosting (Nori et al. 2019, interpret-core): smooth shapes, pairs, directions."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from itertools import combinations

import numpy as np
from interpret.glassbox import ExplainableBoostingClassifier

from model.card.bins import Bins, Floats, Ints
from model.profile.dictionary import Dictionary
from training.additive import Additive, Fit, Shape
from training.binning.evidence import information_values
from training.binning.optimal import RISK_SIGN
from training.families.boosted.bins import usable_bins
from training.families.boosted.booster import effort_for
from training.families.boosted.merge import merge_bins
from training.families.boosted.purify import bin_weights, with_unseen_bins
from training.samples.sample import Sample
from training.settings import Settings

_BAGS, _SMOOTHING_ROUNDS, _MAX_PAIRS = 8, 100, 10


class EbmFamily:
    """Explainable boosting over the same fine bins as the boosted shapes; one candidate."""

    def fits(self, sample: Sample, dictionary: Dictionary, settings: Settings) -> dict[str, Fit]:
        """Return the fit; see `training.families.cross_fit`.

        The library gets bin codes as values, so that its tables are by bin code. Attributes with a
        declared direction are in no pair, because the library enforces directions in single shapes
        only.
        """
        bins, dropped = usable_bins(sample, dictionary, settings)
        estimator = _estimator(bins, dictionary, settings)
        codes = {name: own.codes(sample.columns[name]) for name, own in bins.items()}
        with warnings.catch_warnings():
            # The warning is about the library's own plots, which are not used.
            warnings.filterwarnings("ignore", "Missing values detected", UserWarning)
            estimator.fit(_values(bins, codes), sample.bad, sample_weight=sample.weight)
        weights = bin_weights(bins, sample)
        fine = with_unseen_bins(_additive(estimator, bins), weights)
        few = merge_bins(fine, weights, effort_for(len(sample), len(bins)).most_bins)
        return {
            "ebm": Fit(
                few,
                tuple(dropped),
                information_values(few, sample, settings.prior_rows),
                estimator,
                fine,
            )
        }


def _estimator(
    bins: dict[str, Bins], dictionary: Dictionary, settings: Settings
) -> ExplainableBoostingClassifier:
    directions = [0 if b.levels else RISK_SIGN[dictionary[n].direction] for n, b in bins.items()]
    free = [name for name, direction in zip(bins, directions, strict=True) if not direction]
    directed = [name for name in bins if name not in free]
    return ExplainableBoostingClassifier(
        feature_names=list(bins),
        feature_types=["nominal" if b.levels else "continuous" for b in bins.values()],
        monotone_constraints=directions if directed else None,
        exclude=[(a, b) for a, b in combinations(bins, 2) if a in directed or b in directed],
        interactions=_MAX_PAIRS, outer_bags=_BAGS, smoothing_rounds=_SMOOTHING_ROUNDS,
        max_bins=256, max_interaction_bins=32, n_jobs=1, random_state=settings.seed,
    )  # fmt: skip


def _values(bins: dict[str, Bins], codes: Mapping[str, Ints]) -> Floats:
    """Return bin codes as the library takes them, shape (n, attributes): NaN for missing."""
    columns = []
    for name, own in bins.items():
        by_code = np.arange(own.size, dtype=np.float64)
        by_code[own.missing] = np.nan
        if not own.levels:
            by_code[own.out_of_range] = np.nan
        columns.append(by_code[codes[name]])
    return np.column_stack(columns)


def _additive(estimator: ExplainableBoostingClassifier, bins: dict[str, Bins]) -> Additive:
    """Return the library's terms as tables, read off at every combination of bin codes."""
    shapes = []
    for term, features in enumerate(estimator.term_features_):
        names = tuple(list(bins)[feature] for feature in features)
        sizes = [bins[name].size for name in names]
        cells = dict(zip(names, np.indices(sizes).reshape(len(sizes), -1), strict=True))
        rows = int(np.prod(sizes))
        codes = {name: cells.get(name, np.zeros(rows, dtype=np.int64)) for name in bins}
        risk = estimator.eval_terms(_values(bins, codes))[:, term]
        shapes.append(Shape(names, -np.asarray(risk, dtype=np.float64).reshape(sizes)))
    return Additive(-float(estimator.intercept_[0]), bins, tuple(shapes))
