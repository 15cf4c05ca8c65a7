"""Proxy check: how well what the card sees of a row tells its protected group.

The card sees bin codes and nothing else, so codes are what is asked. A card with one attribute that
all but names the group scores the group by another name, whatever its dictionary says.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from model.card.bins import Floats, Ints
from training.fairness.findings import Proxy
from training.samples.groups import MISSING, Groups

#: Rows that are asked at most; a group needs as many as this to be asked about.
_MOST_ROWS, _LEAST_ROWS = 8000, 30
_FOLDS = 3
_TOLD = 5


def proxies(codes: Mapping[str, Ints], groups: Groups, seed: int) -> tuple[Proxy, ...]:
    """Return, for each protected attribute with two groups or more, how well codes tell it.

    Parameters
    ----------
    codes : mapping of str to Ints
        Bin codes by scored attribute, each of shape (n,).
    """
    found = (_proxy(codes, name, group, seed) for name, group in groups.items())
    return tuple(proxy for proxy in found if proxy is not None)


def _proxy(
    codes: Mapping[str, Ints], name: str, group: NDArray[np.object_], seed: int
) -> Proxy | None:
    rows = _asked(group, seed)
    words, label = np.unique(group[rows].astype(str), return_inverse=True)
    if len(words) < 2:
        return None
    seen = {attribute: values[rows] for attribute, values in codes.items()}
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    trees = ExtraTreesClassifier(50, min_samples_leaf=10, random_state=seed)
    told = cross_val_predict(
        trees, np.column_stack(list(seen.values())), label, cv=folds, method="predict_proba"
    )
    prior = np.tile(np.bincount(label) / len(label), (len(label), 1))
    explained = 1 - log_loss(label, told) / log_loss(label, prior)
    alone = {a: _auc(_by_code(c, label, folds), label) for a, c in seen.items()}
    ranked = sorted(alone.items(), key=lambda entry: (-entry[1], entry[0]))
    return Proxy(name, _auc(told, label), float(explained), tuple(ranked[:_TOLD]))


def _asked(group: NDArray[np.object_], seed: int) -> Ints:
    """Return the rows of groups large enough, a random part of them if they are many."""
    words, place, rows = np.unique(group.astype(str), return_inverse=True, return_counts=True)
    asked = np.flatnonzero((rows[place] >= _LEAST_ROWS) & (words[place] != MISSING))
    if len(asked) > _MOST_ROWS:
        asked = np.random.default_rng(seed).permutation(asked)[:_MOST_ROWS]
    return asked


def _by_code(codes: Ints, label: Ints, folds: StratifiedKFold) -> Floats:
    """Return each row's share of groups by its code, as the other folds show it."""
    told = np.zeros((len(label), label.max() + 1))
    for train, test in folds.split(codes, label):
        counted = np.zeros((codes.max() + 1, told.shape[1]))
        np.add.at(counted, (codes[train], label[train]), 1.0)
        counted += np.bincount(label[train], minlength=told.shape[1]) / len(train)
        told[test] = (counted / counted.sum(axis=1, keepdims=True))[codes[test]]
    return told


def _auc(told: Floats, label: Ints) -> float:
    """Return the AUC of one group against the rest, groups weighted by size."""
    share = np.bincount(label) / len(label)
    if len(share) == 2:
        return float(roc_auc_score(label, told[:, 1]))
    areas = [roc_auc_score(label == g, told[:, g]) for g in range(len(share))]
    return float(share @ areas)
