"""The price of explanation: boosted trees on the folds that judged the card's candidates."""

from __future__ import annotations

import time

import numpy as np

from model.dictionary import Dictionary
from training.challengers import CHALLENGERS, Matrix
from training.comparison import Candidate, PriceOfExplanation
from training.cross_fit import folds_of
from training.families import candidate
from training.sample import Sample
from training.settings import Settings

#: One size of tree each: the price is told to a digit or two, and the card waits for it.
_SIZES = (8,)


def price_of_explanation(
    chosen: Candidate, sample: Sample, dictionary: Dictionary, settings: Settings
) -> PriceOfExplanation:
    """Return what the best challenger gains over `chosen`, both out of fold on `sample`."""
    rows = tuple(_out_of_fold(name, sample, dictionary, settings) for name in CHALLENGERS)
    auc, brier = max(row.auc for row in rows), min(row.brier for row in rows)
    return PriceOfExplanation(rows, auc - chosen.auc, chosen.brier - brier)


def _out_of_fold(
    name: str, sample: Sample, dictionary: Dictionary, settings: Settings
) -> Candidate:
    began = time.process_time()
    pd = np.empty(len(sample))
    for train, test in folds_of(sample, settings):
        known, new = sample.take(train), sample.take(test)
        matrix = Matrix.of(known, dictionary)
        predict = CHALLENGERS[name](
            matrix.values(known.columns), known.bad, matrix, settings.seed, _SIZES
        )
        pd[test] = np.clip(predict(matrix.values(new.columns)), 1e-6, 1 - 1e-6)
    spent = time.process_time() - began
    return candidate(name, name, np.log((1 - pd) / pd), sample, spent, "never served")
