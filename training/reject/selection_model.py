"""Who gets booked: the probability of it by scored attributes, out of fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from model.scorecard import Floats
from training.proxy_table import boosted_classifier, feature_table
from training.reject.unobserved import Unobserved
from training.sample import Sample
from training.settings import Settings


@dataclass(frozen=True)
class Selection:
    """Probability of having been booked, for each observed row, and how well that is told."""

    booked: Floats
    auc: float


def selection_model(observed: Sample, unobserved: Unobserved, settings: Settings) -> Selection:
    """Return the out-of-fold probability that a row like each observed one is booked.

    Boosted trees over all scored attributes: selection is not additive, and nobody scores by it.
    """
    columns = {
        name: np.concatenate([values, unobserved.columns[name]])
        for name, values in observed.columns.items()
    }
    booked = np.arange(len(observed) + len(unobserved)) < len(observed)
    weight = np.where(booked, 1.0, unobserved.stands_for)
    folds = StratifiedKFold(settings.folds, shuffle=True, random_state=settings.seed)
    found = cross_val_predict(
        boosted_classifier(settings.seed), feature_table(columns), booked, cv=folds,
        method="predict_proba", params={"sample_weight": weight},
    )[:, 1]  # fmt: skip
    auc = float(roc_auc_score(booked, found, sample_weight=weight))
    return Selection(np.asarray(found[booked], dtype=np.float64), auc)
