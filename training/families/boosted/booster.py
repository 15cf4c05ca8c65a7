"""LightGBM with two splits a tree and random cuts: how it is set, grown and stopped.

How much work a fit may take: from the size of the table alone, never from the clock.

The same table and seed then give the same card on any machine, however busy. The sizes were set so
that 150,000 rows of 10 attributes and 50,000 of 43 train within ten minutes on two cores
(docs/models.md).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import lightgbm
import numpy as np

from model.card.bins import Floats
from training.families.boosted.bins import Seen
from training.samples.sample import Sample

Pair = tuple[str, str]
_MOST_ROUNDS, _PATIENCE = 2500, 60
_MOST_SIDE_BY_SIDE = 4
_T = TypeVar("_T")


@dataclass(frozen=True)
class Growth:
    """How an ensemble grows.

    Attributes
    ----------
    pairs : sequence of pair of str, or None
        The pairs of attributes that may share a tree; None: any; empty: none.
    least_rows : int
        Rows a leaf holds at least.
    ridge : float
        L2 penalty of leaf values.
    """

    pairs: tuple[Pair, ...] | None
    least_rows: int
    ridge: float
    rate: float = 0.05

    def parameters(self, seen: Seen, seed: int) -> dict[str, Any]:
        """Return LightGBM's parameters for the columns of `seen`."""
        flat = self.pairs == ()
        found: dict[str, Any] = {
            "objective": "binary",
            "learning_rate": self.rate,
            "max_depth": 1 if flat else 2,
            "num_leaves": 2 if flat else 4,
            "min_data_in_leaf": self.least_rows,
            "lambda_l2": self.ridge,
            # One random cut an attribute: the average of many such trees is smooth where a
            # greedy cut would follow noise (Geurts et al. 2006, Machine Learning 63).
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
            # Ensembles grow side by side (`side_by_side`); threads within one would only wait.
            "num_threads": 1,
            "verbosity": -1,
        }
        directions = [column.direction for column in seen.columns]
        if any(directions):
            found["monotone_constraints"] = directions
        if self.pairs:
            found["interaction_constraints"] = _groups(seen, self.pairs)
        return found


def grow(seen: Seen, sample: Sample, growth: Growth, rounds: int, seed: int) -> lightgbm.Booster:
    """Return an ensemble of `rounds` trees."""
    data = _data(seen.values, sample)
    return lightgbm.train(growth.parameters(seen, seed), data, rounds)


@dataclass(frozen=True)
class Watched:
    """An ensemble and the loss on rows it did not see, after each round, shape (rounds,)."""

    booster: lightgbm.Booster
    losses: Floats


def grow_watched(
    seen: Seen, sample: Sample, unseen: Floats, held: Sample, growth: Growth, seed: int
) -> Watched:
    """Grow on `sample` until the loss on `held`, seen as `unseen`, has long stopped falling."""
    data = _data(seen.values, sample)
    check = lightgbm.Dataset(
        unseen, held.bad.astype(np.float64), weight=held.weight, reference=data
    )
    losses: dict[str, dict[str, list[float]]] = {}
    booster = lightgbm.train(
        growth.parameters(seen, seed), data, _MOST_ROUNDS, valid_sets=[check],
        callbacks=[
            lightgbm.early_stopping(_PATIENCE, verbose=False),
            lightgbm.record_evaluation(losses),
        ],
    )  # fmt: skip
    return Watched(booster, np.array(losses["valid_0"]["binary_logloss"]))


def side_by_side(works: Iterable[Callable[[], _T]]) -> list[_T]:
    """Return what each of `works` returns, in their order; LightGBM lets go of Python meanwhile."""
    with ThreadPoolExecutor(min(_MOST_SIDE_BY_SIDE, os.cpu_count() or 1)) as pool:
        return list(pool.map(lambda work: work(), works))


def best_rounds(curves: Sequence[Floats]) -> int:
    """Return the number of rounds with the least mean loss over folds.

    A fold that stopped early counts with its last loss from there on.
    """
    longest = max(map(len, curves))
    padded = [np.pad(curve, (0, longest - len(curve)), mode="edge") for curve in curves]
    return int(np.argmin(np.mean(padded, axis=0))) + 1


def _data(values: Floats, sample: Sample) -> lightgbm.Dataset:
    return lightgbm.Dataset(values, sample.bad.astype(np.float64), weight=sample.weight)


def _groups(seen: Seen, pairs: tuple[Pair, ...]) -> list[list[int]]:
    """Return the groups of columns that may share a tree: each pair, and each attribute alone."""
    of: dict[str, list[int]] = {}
    for row, column in enumerate(seen.columns):
        of.setdefault(column.attribute, []).append(row)
    return [*([*of[a], *of[b]] for a, b in pairs), *of.values()]


#: Cells (rows times attributes) up to which a table counts as small, and as middling.
_SMALL, _MIDDLING = 250_000, 1_000_000


@dataclass(frozen=True)
class Effort:
    """The work granted to one fit, and how freely it may follow the rows.

    Attributes
    ----------
    least_rows, ridge : int, float
        Rows a leaf holds at least, and the L2 penalty of its value: a fixed share of a small
        table. Choosing them out of fold was worse than this rule: on 800 rows the choice is noise.
    rate : float
        Learning rate.
    bags : int
        Ensembles averaged in the end, over all views.
    most_pairs, most_bins : int
        Pairs of attributes in the card, ordinary bins an attribute: small tables support fewer.
    """

    least_rows: int
    ridge: float
    rate: float
    bags: int
    most_pairs: int
    most_bins: int


def effort_for(rows: int, attributes: int) -> Effort:
    """Return the work granted to a table of this size."""
    cells = rows * attributes
    pairs = 16 if rows < 20_000 else 48
    bins = 16 if rows < 3_000 else 20
    least = int(min(max(rows / 50, 10), 100))
    ridge = 1.0 if rows < 3_000 else 5.0 if rows < 20_000 else 10.0
    bags = 12 if cells <= _SMALL else 8 if cells <= _MIDDLING else 6
    rate = 0.05 if cells <= _MIDDLING else 0.08
    return Effort(least, ridge, rate, bags, pairs, bins)
