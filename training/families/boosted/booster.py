"""LightGBM with two splits a tree and random cuts: its parameters, effort, growth and stopping."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import lightgbm
import numpy as np

from model.card.bins import Floats
from training.families.boosted.bins import SampleView
from training.samples.sample import Sample

Pair = tuple[str, str]
_MAX_ROUNDS, _PATIENCE = 2500, 60
_MAX_THREADS = 4
_T = TypeVar("_T")
#: Cells (rows times attributes) up to which a table counts as small, and as medium.
_SMALL, _MEDIUM = 250_000, 600_000
_MANY_PAIRS, _LEAST_LEAF = 48, 10


@dataclass(frozen=True)
class Growth:
    """How an ensemble is grown.

    Attributes
    ----------
    pairs : sequence of pair of str, or None
        The pairs of attributes that may share a tree. None: any pair; empty: no pair.
    least_rows : int
        Rows a leaf holds at least.
    ridge : float
        L2 penalty of leaf values.
    """

    pairs: tuple[Pair, ...] | None
    least_rows: int
    ridge: float
    rate: float = 0.05

    def parameters(self, view: SampleView, seed: int) -> dict[str, Any]:
        """Return LightGBM's parameters for the columns of `view`."""
        is_single = self.pairs == ()
        parameters: dict[str, Any] = {
            "objective": "binary",
            "learning_rate": self.rate,
            "max_depth": 1 if is_single else 2,
            "num_leaves": 2 if is_single else 4,
            "min_data_in_leaf": self.least_rows,
            "lambda_l2": self.ridge,
            # One random cut an attribute: the average of many such trees is smooth, while a
            # greedy cut follows noise (Geurts et al. 2006, Machine Learning 63).
            "extra_trees": True,
            "feature_fraction": 0.5,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "max_bin": 255,
            "min_data_in_bin": 1,
            "feature_pre_filter": False,
            "seed": seed,
            "deterministic": True,
            "force_row_wise": True,
            # Ensembles grow in parallel (`run_parallel`), so threads within one would only wait.
            "num_threads": 1,
            "verbosity": -1,
        }
        directions = [column.direction for column in view.columns]
        if any(directions):
            parameters["monotone_constraints"] = directions
        if self.pairs:
            parameters["interaction_constraints"] = _groups(view, self.pairs)
        return parameters


def grow(
    view: SampleView, sample: Sample, growth: Growth, rounds: int, seed: int
) -> lightgbm.Booster:
    """Return an ensemble of `rounds` trees."""
    data = _data(view.values, sample)
    return lightgbm.train(growth.parameters(view, seed), data, rounds)


@dataclass(frozen=True)
class EarlyStopped:
    """An ensemble, and its loss on unseen rows after each round, shape (rounds,)."""

    booster: lightgbm.Booster
    losses: Floats


def grow_with_early_stopping(
    view: SampleView, sample: Sample, unseen: Floats, held: Sample, growth: Growth, seed: int
) -> EarlyStopped:
    """Grow on `sample` until the loss on `held`, whose values are `unseen`, stops falling."""
    data = _data(view.values, sample)
    check = lightgbm.Dataset(
        unseen, held.bad.astype(np.float64), weight=held.weight, reference=data
    )
    losses: dict[str, dict[str, list[float]]] = {}
    booster = lightgbm.train(
        growth.parameters(view, seed), data, _MAX_ROUNDS, valid_sets=[check],
        callbacks=[
            lightgbm.early_stopping(_PATIENCE, verbose=False),
            lightgbm.record_evaluation(losses),
        ],
    )  # fmt: skip
    return EarlyStopped(booster, np.array(losses["valid_0"]["binary_logloss"]))


def best_rounds(curves: Sequence[Floats]) -> int:
    """Return the number of rounds with the least mean loss over folds.

    A fold that stopped early keeps its last loss for the later rounds.
    """
    longest = max(map(len, curves))
    padded = [np.pad(curve, (0, longest - len(curve)), mode="edge") for curve in curves]
    return int(np.argmin(np.mean(padded, axis=0))) + 1


def run_parallel(works: Iterable[Callable[[], _T]]) -> list[_T]:
    """Return the results of `works` in order; threads help because LightGBM releases the GIL."""
    with ThreadPoolExecutor(min(_MAX_THREADS, os.cpu_count() or 1)) as pool:
        return list(pool.map(lambda work: work(), works))


@dataclass(frozen=True)
class Effort:
    """The work of one fit, and how closely it may follow the rows.

    Attributes
    ----------
    least_rows, ridge : int, float
        Rows a leaf holds at least, and the L2 penalty of its value: a fixed share of a small
        table. Choosing them out of fold is worse than this rule: on 800 rows the choice is noise.
    rate : float
        Learning rate.
    bags : int
        Ensembles averaged for a fit, over all views; the fit to all rows averages twice as many.
    splits : int
        Inner splits that choose rounds, derived attributes and pairs: several leave every row out
        once; one suffices where the fifth that it leaves out has many rows.
    most_pairs, most_bins : int
        Pairs of attributes in the card, ordinary bins an attribute: small tables support fewer.
    """

    least_rows: int
    ridge: float
    rate: float
    bags: int
    splits: int
    most_pairs: int
    most_bins: int

    @property
    def growth(self) -> Growth:
        """How ensembles of single attributes are grown."""
        return Growth((), self.least_rows, self.ridge, self.rate)

    @property
    def freer(self) -> Effort | None:
        """More pairs and leaves of a quarter of the rows; None where the table is too large."""
        if self.splits == 1:
            return None
        least = max(_LEAST_LEAF, self.least_rows // 4)
        return replace(self, least_rows=least, ridge=1.0, most_pairs=_MANY_PAIRS)


def effort_for(rows: int, attributes: int) -> Effort:
    """Return the effort for a table of this size.

    It depends on the size alone, never on the clock, so that the same table and seed give the same
    card on any machine, however busy. The sizes were set so that 150,000 rows of 10 attributes and
    50,000 rows of 43 train within ten minutes on two cores (docs/evidence/models.md).
    """
    cells = rows * attributes
    pairs = 16 if rows < 20_000 else _MANY_PAIRS
    bins = 16 if rows < 3_000 else 20
    least = int(min(max(rows / 50, _LEAST_LEAF), 100))
    ridge = 1.0 if rows < 3_000 else 5.0 if rows < 20_000 else 10.0
    bags = 6 if cells <= _SMALL else 4 if cells <= _MEDIUM else 2
    rate = 0.05 if cells <= _MEDIUM else 0.1
    splits = 5 if cells <= _SMALL else 3 if cells <= _MEDIUM else 1
    return Effort(least, ridge, rate, bags, splits, pairs, bins)


def _data(values: Floats, sample: Sample) -> lightgbm.Dataset:
    return lightgbm.Dataset(values, sample.bad.astype(np.float64), weight=sample.weight)


def _groups(view: SampleView, pairs: tuple[Pair, ...]) -> list[list[int]]:
    """Return the groups of columns that may share a tree: each pair, and each attribute alone."""
    columns_of: dict[str, list[int]] = {}
    for row, column in enumerate(view.columns):
        columns_of.setdefault(column.attribute, []).append(row)
    return [*([*columns_of[a], *columns_of[b]] for a, b in pairs), *columns_of.values()]
