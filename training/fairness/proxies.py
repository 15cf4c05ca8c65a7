"""Proxy check: how well the card's bin codes predict a row's protected group.

A card sees only bin codes, so the check uses codes. An attribute that nearly identifies a group
scores that group under another name, whatever the dictionary says.
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
from training.samples.groups import MIN_GROUP_ROWS, MISSING, Groups

#: Maximum rows of the check.
_MAX_ROWS = 8000
_FOLDS = 3
#: Single attributes in the report.
_STRONGEST = 5


def proxies(codes: Mapping[str, Ints], groups: Groups, seed: int) -> tuple[Proxy, ...]:
    """Return for each protected attribute with at least two groups how well codes predict it.

    Parameters
    ----------
    codes : mapping of str to Ints
        Bin codes by scored attribute, each of shape (n,).
    """
    checked = (_proxy(codes, name, group, seed) for name, group in groups.items())
    return tuple(proxy for proxy in checked if proxy is not None)


def _proxy(
    codes: Mapping[str, Ints], name: str, group: NDArray[np.object_], seed: int
) -> Proxy | None:
    rows = _checked_rows(group, seed)
    names, label = np.unique(group[rows].astype(str), return_inverse=True)
    if len(names) < 2:
        return None
    seen = {attribute: values[rows] for attribute, values in codes.items()}
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    trees = ExtraTreesClassifier(50, min_samples_leaf=10, random_state=seed)
    predicted = cross_val_predict(
        trees, np.column_stack(list(seen.values())), label, cv=folds, method="predict_proba"
    )
    prior = np.tile(np.bincount(label) / len(label), (len(label), 1))
    explained = 1 - log_loss(label, predicted) / log_loss(label, prior)
    alone = {a: _auc(_shares_by_code(c, label, folds), label) for a, c in seen.items()}
    ranked = sorted(alone.items(), key=lambda entry: (-entry[1], entry[0]))
    return Proxy(name, _auc(predicted, label), float(explained), tuple(ranked[:_STRONGEST]))


def _checked_rows(group: NDArray[np.object_], seed: int) -> Ints:
    """Return the rows of groups that are large enough; a random part of them if they are many."""
    names, group_of_row, rows = np.unique(
        group.astype(str), return_inverse=True, return_counts=True
    )
    is_large, is_known = rows[group_of_row] >= MIN_GROUP_ROWS, names[group_of_row] != MISSING
    checked = np.flatnonzero(is_large & is_known)
    if len(checked) > _MAX_ROWS:
        checked = np.random.default_rng(seed).permutation(checked)[:_MAX_ROWS]
    return checked


def _shares_by_code(codes: Ints, label: Ints, folds: StratifiedKFold) -> Floats:
    """Return for each row the shares of groups at its code, in the other folds."""
    shares = np.zeros((len(label), label.max() + 1))
    for train, test in folds.split(codes, label):
        counted = np.zeros((codes.max() + 1, shares.shape[1]))
        np.add.at(counted, (codes[train], label[train]), 1.0)
        counted += np.bincount(label[train], minlength=shares.shape[1]) / len(train)
        shares[test] = (counted / counted.sum(axis=1, keepdims=True))[codes[test]]
    return shares


def _auc(predicted: Floats, label: Ints) -> float:
    """Return the AUC of one group against the rest, groups weighted by size."""
    share = np.bincount(label) / len(label)
    if len(share) == 2:
        return float(roc_auc_score(label, predicted[:, 1]))
    areas = [roc_auc_score(label == g, predicted[:, g]) for g in range(len(share))]
    return float(share @ areas)
