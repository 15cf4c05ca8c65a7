"""Challengers: boosted trees fitted beside the card to measure the price of explanation.

They are never served. Both take categories natively, choose the size and number of their trees on
an inner split of the rows they learn from, and are then fitted on all of those rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

from model.card.bins import Columns, Floats
from model.profile.dictionary import Dictionary
from training.binning.optimal import RISK_SIGN
from training.samples.sample import Bools, Sample

#: Levels beyond the most frequent share one code: scikit-learn supports at most 255.
_MAX_LEVELS = 200
_LEARNING_RATE, _MAX_TREES, _PATIENCE = 0.05, 600, 50
_MIN_ROWS_FOR_THREADS = 20_000


@dataclass(frozen=True)
class Matrix:
    """The challengers' encoding of columns: numbers, and level codes for text; NaN is missing."""

    names: tuple[str, ...]
    categorical: NDArray[np.bool_]
    directions: tuple[int, ...]
    levels: dict[str, dict[str, int]]

    @staticmethod
    def of(sample: Sample, dictionary: Dictionary) -> Matrix:
        """Return the encoding learned from `sample`; levels are coded by descending frequency."""
        names = tuple(dictionary.named("scored"))
        text = np.array([dictionary[name].type == "text" for name in names])
        levels = {n: _levels(sample, n) for n, is_text in zip(names, text, strict=True) if is_text}
        return Matrix(names, text, tuple(RISK_SIGN[dictionary[n].direction] for n in names), levels)

    def values(self, columns: Columns) -> Floats:
        """Return the matrix, shape (n, attributes)."""
        return np.column_stack([self._column(name, columns) for name in self.names])

    def _column(self, name: str, columns: Columns) -> Floats:
        if name not in self.levels:
            numbers = np.asarray(columns[name], dtype=np.float64)
            return np.where(np.isfinite(numbers), numbers, np.nan)
        known = self.levels[name]
        rare = float(min(len(known), _MAX_LEVELS))
        codes = [np.nan if v is None else known.get(v, rare) for v in columns[name].tolist()]
        return np.minimum(np.array(codes, dtype=np.float64), rare)


def _levels(sample: Sample, name: str) -> dict[str, int]:
    words = np.array([word for word in sample.columns[name].tolist() if word is not None], str)
    levels, rows = np.unique(words, return_counts=True)
    order = np.lexsort((levels, -rows))[:_MAX_LEVELS]
    return {str(levels[row]): code for code, row in enumerate(order.tolist())}


#: Fits on the given rows, with a seed and the sizes of tree (leaves) to choose from on an inner
#: split; returns a function from a matrix to PDs.
Challenger = Callable[[Floats, Bools, Matrix, int, tuple[int, ...]], Callable[[Floats], Floats]]
SIZES = (4, 8, 16, 31)


def hist_boosting(
    values: Floats, bad: Bools, matrix: Matrix, seed: int, sizes: tuple[int, ...]
) -> Callable[[Floats], Floats]:
    """Fit scikit-learn's histogram boosting, with declared directions as constraints."""
    fit, check = _inner_split(bad, seed)

    def trees(leaves: int, count: int) -> HistGradientBoostingClassifier:
        return HistGradientBoostingClassifier(
            learning_rate=_LEARNING_RATE, max_iter=count, max_leaf_nodes=leaves,
            l2_regularization=1.0, min_samples_leaf=20, categorical_features=matrix.categorical,
            monotonic_cst=np.where(matrix.categorical, 0, matrix.directions),
            early_stopping=False, random_state=seed,
        )  # fmt: skip

    # On small tables its threads wait for each other longer than they work.
    with threadpool_limits(1 if len(bad) < _MIN_ROWS_FOR_THREADS else None, user_api="openmp"):
        return _fit_hist(trees, values, bad, (fit, check), sizes)


def _fit_hist(
    trees: Callable[[int, int], HistGradientBoostingClassifier],
    values: Floats,
    bad: Bools,
    inner: tuple[NDArray[np.int64], NDArray[np.int64]],
    sizes: tuple[int, ...],
) -> Callable[[Floats], Floats]:
    (fit, check), losses_of = inner, {}
    for leaves in sizes:
        tried = trees(leaves, 300).fit(values[fit], bad[fit])
        losses = [log_loss(bad[check], p) for p in tried.staged_predict_proba(values[check])]
        losses_of[leaves] = (min(losses), int(np.argmin(losses)) + 1)
    leaves = min(losses_of, key=lambda size: losses_of[size])
    chosen = trees(leaves, losses_of[leaves][1]).fit(values, bad)
    return lambda unseen: np.asarray(chosen.predict_proba(unseen)[:, 1])


def light_boosting(
    values: Floats, bad: Bools, matrix: Matrix, seed: int, sizes: tuple[int, ...]
) -> Callable[[Floats], Floats]:
    """Fit LightGBM."""
    fit, check = _inner_split(bad, seed)
    kinds = np.flatnonzero(matrix.categorical).tolist()
    losses_of = {}
    for leaves in sizes:
        parts = [
            lightgbm.Dataset(values[r], bad[r].astype(float), categorical_feature=kinds)
            for r in (fit, check)
        ]
        tried = lightgbm.train(
            _light_parameters(leaves, seed), parts[0], _MAX_TREES, valid_sets=[parts[1]],
            callbacks=[lightgbm.early_stopping(_PATIENCE, verbose=False)],
        )  # fmt: skip
        loss = tried.best_score["valid_0"]["binary_logloss"]
        losses_of[leaves] = (loss, tried.best_iteration)
    leaves = min(losses_of, key=lambda size: losses_of[size])
    data = lightgbm.Dataset(values, bad.astype(float), categorical_feature=kinds)
    chosen = lightgbm.train(_light_parameters(leaves, seed), data, losses_of[leaves][1])
    return lambda unseen: np.asarray(chosen.predict(unseen))


def _light_parameters(leaves: int, seed: int) -> dict[str, object]:
    return {
        "objective": "binary", "learning_rate": _LEARNING_RATE, "num_leaves": leaves,
        "min_data_in_leaf": 20, "lambda_l2": 1.0, "feature_fraction": 0.7, "bagging_fraction": 0.8,
        "bagging_freq": 1, "cat_smooth": 20.0, "seed": seed, "deterministic": True,
        "force_row_wise": True, "num_threads": 1, "verbosity": -1,
    }  # fmt: skip


def _inner_split(bad: Bools, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    fit, check = train_test_split(
        np.arange(len(bad)), test_size=0.2, stratify=bad, random_state=seed
    )
    return fit, check


#: By their name in the report.
CHALLENGERS: dict[str, Challenger] = {"hgb": hist_boosting, "lightgbm": light_boosting}
