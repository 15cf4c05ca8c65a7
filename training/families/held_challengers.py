"""Challengers on the held rows: each fitted on all development rows, beside the finished card."""

from __future__ import annotations

import numpy as np

from model.card.bins import Floats
from model.card.scorecard import Card
from model.profile.dictionary import Dictionary
from training.families.challengers import CHALLENGERS, Matrix
from training.families.comparison import HeldChallenger
from training.measures.discrimination import auc_of_scores
from training.measures.paired import auc_gain, mean_over_borrowers
from training.samples.sample import Sample
from training.settings import Settings


def challengers_held(
    card: Card,
    development: Sample,
    validation: Sample,
    dictionary: Dictionary,
    settings: Settings,
    sizes: tuple[int, ...],
) -> tuple[HeldChallenger, ...]:
    """Return each challenger on `validation`, which neither it nor the card has seen.

    Parameters
    ----------
    sizes : tuple of int
        Sizes of tree (leaves) that a challenger chooses from on an inner split.
    """
    totals = card.total(card.points_by_attribute(card.codes(validation.columns)))
    return tuple(
        _beside(name, pd, totals.astype(np.float64), card.pd(totals), validation, settings.seed)
        for name, pd in _predicted(development, validation, dictionary, settings, sizes).items()
    )


def _predicted(
    development: Sample,
    validation: Sample,
    dictionary: Dictionary,
    settings: Settings,
    sizes: tuple[int, ...],
) -> dict[str, Floats]:
    matrix = Matrix.of(development, dictionary)
    known, new = matrix.values(development.columns), matrix.values(validation.columns)
    return {
        name: fit(known, development.bad, matrix, settings.seed, sizes)(new)
        for name, fit in CHALLENGERS.items()
    }


def _beside(
    name: str, pd: Floats, totals: Floats, card_pd: Floats, sample: Sample, seed: int
) -> HeldChallenger:
    errors = (pd - sample.bad) ** 2 - (card_pd - sample.bad) ** 2
    return HeldChallenger(
        name,
        auc_of_scores(-pd, sample.bad),
        float(np.mean((pd - sample.bad) ** 2)),
        auc_gain(-pd, totals, sample, seed),
        mean_over_borrowers(errors, sample, seed),
    )
