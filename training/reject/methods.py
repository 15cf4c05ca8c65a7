"""Methods of reject inference: observed loans augmented by inferred outcomes, or reweighted.

Siddiqi (2006), *Credit Risk Scorecards*, ch. 6 (parcelling, fuzzy augmentation); Banasik, Crook &
Thomas (2003), *JORS* 54 (weighting by the inverse probability of selection).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from model.card.bins import Columns, Floats, Ints
from training.reject.unobserved import Unobserved
from training.samples.sample import Bools, Sample, Values
from training.settings import Settings

#: Replaces infinity, which the trees do not accept.
_LARGE = 1e18
#: Bands of equal size within which parcelling draws outcomes.
_BANDS = 20


def parcel(observed: Sample, unobserved: Unobserved, pd: Floats, settings: Settings) -> Sample:
    """Return `observed` and every unobserved row, with an outcome drawn by the PD of its band.

    Parameters
    ----------
    pd : Floats
        Shape (unobserved,): probability of default by a card learned on the observed rows alone.
        In each of 20 bands of the PD, the band's mean times `reject_prudence` is the share that
        turns bad.
    """
    inferred = np.minimum(_band_means(pd) * settings.reject_prudence, 1.0)
    bad = np.random.default_rng(settings.seed).random(len(pd)) < inferred
    rows = np.arange(len(pd))
    return _append(observed, unobserved, rows, bad, np.full(len(pd), unobserved.stands_for))


def fuzzy_augment(
    observed: Sample, unobserved: Unobserved, pd: Floats, settings: Settings
) -> Sample:
    """Return `observed` and each unobserved row twice: bad weighing its PD, good weighing the rest.

    `pd` is multiplied by `reject_prudence` first; see `parcel`.
    """
    inferred = np.minimum(pd * settings.reject_prudence, 1.0)
    rows = np.tile(np.arange(len(pd)), 2)
    bad = np.repeat([True, False], len(pd))
    weight = np.concatenate([inferred, 1 - inferred]) * unobserved.stands_for
    return _append(observed, unobserved, rows, bad, weight)


def reweight(observed: Sample, booked: Floats, settings: Settings) -> Sample:
    """Return `observed`, each row weighted by the inverse of its probability of being `booked`.

    Weights above their quantile `most_weight_quantile` are cut to it (Cole & Hernán 2008, *Am. J.
    Epidemiol.* 168) and scaled to a mean of 1.
    """
    weight = observed.weights / np.maximum(booked, np.finfo(np.float64).tiny)
    weight = np.minimum(weight, np.quantile(weight, settings.most_weight_quantile))
    return replace(observed, weight=weight / weight.mean())


def _band_means(pd: Floats) -> Floats:
    rank = np.argsort(np.argsort(pd, kind="stable"), kind="stable")
    band: Ints = rank * _BANDS // max(len(pd), 1)
    sums = np.bincount(band, weights=pd, minlength=_BANDS)
    rows = np.maximum(np.bincount(band, minlength=_BANDS), 1)
    means: Floats = (sums / rows)[band]
    return means


def _append(
    observed: Sample, unobserved: Unobserved, rows: Ints, bad: Bools, weight: Floats
) -> Sample:
    """Return one sample; copies of an unobserved row are one borrower, who is in one fold only."""
    join: Callable[..., Floats] = np.concatenate
    columns = {
        name: join([values, unobserved.columns[name][rows]])
        for name, values in observed.columns.items()
    }
    first = int(observed.borrower.max()) + 1
    return Sample(
        columns,
        np.concatenate([observed.bad, bad]),
        np.concatenate([observed.borrower, first + rows]),
        np.concatenate([observed.period, unobserved.period[rows]]),
        weight=np.concatenate([observed.weights, weight]),
    )


@dataclass(frozen=True)
class Selection:
    """The probability of being booked of each observed row, and the AUC of the prediction."""

    booked: Floats
    auc: float


def selection_model(observed: Sample, unobserved: Unobserved, settings: Settings) -> Selection:
    """Return the out-of-fold probability that a row like each observed one is booked.

    Boosted trees over all scored attributes: selection is not additive, and no card uses it.
    """
    columns = {
        name: np.concatenate([values, unobserved.columns[name]])
        for name, values in observed.columns.items()
    }
    booked = np.arange(len(observed) + len(unobserved)) < len(observed)
    weight = np.where(booked, 1.0, unobserved.stands_for)
    folds = StratifiedKFold(settings.folds, shuffle=True, random_state=settings.seed)
    trees = HistGradientBoostingClassifier(
        max_iter=80, learning_rate=0.1, max_leaf_nodes=15, min_samples_leaf=40,
        random_state=settings.seed,
    )  # fmt: skip
    predicted = cross_val_predict(
        trees, _feature_table(columns), booked, cv=folds,
        method="predict_proba", params={"sample_weight": weight},
    )[:, 1]  # fmt: skip
    auc = float(roc_auc_score(booked, predicted, sample_weight=weight))
    return Selection(np.asarray(predicted[booked], dtype=np.float64), auc)


def _feature_table(columns: Columns) -> Floats:
    """Return the columns side by side, shape (n, attributes); text as its frequency rank."""
    return np.column_stack([_numbers(values) for values in columns.values()])


def _numbers(values: Values) -> Floats:
    if values.dtype != object:
        return np.nan_to_num(values.astype(np.float64), nan=np.nan, posinf=_LARGE, neginf=-_LARGE)
    present = np.array([value is not None for value in values.tolist()], dtype=bool)
    ranks = np.full(len(values), np.nan)
    if present.any():
        _, word, rows = np.unique(
            values[present].astype(str), return_inverse=True, return_counts=True
        )
        ranks[present] = np.argsort(np.argsort(-rows, kind="stable"))[word]
    return ranks
