"""A frame with derived attributes beside its own, kept only if ensembles lose less by them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from model.derived import Derived
from model.dictionary import Dictionary
from model.errors import TrainingError
from model.scorecard import Floats
from training.boosted.fine_bins import usable_bins
from training.boosted.folds import Folded, Frame
from training.derived_attributes import with_attributes, with_columns
from training.sample import Sample
from training.settings import Settings


def with_derived(
    frame: Frame,
    found: tuple[Derived, ...],
    settings: Settings,
    grown: Folded,
    grow: Callable[[Frame], Folded],
) -> tuple[Frame, Folded]:
    """Return the frame and its ensembles, with what was `found` if that lowers the loss.

    Ensembles grown anew have to lose less on rows they did not see, by more than the standard error
    of the difference.

    Parameters
    ----------
    grown : Folded
        The ensembles of `frame`, as `grow` returns them.
    """
    wider = _widened(frame, found, settings)
    if wider is None:
        return frame, grown
    again = grow(wider)
    gained = _losses(grown.unseen, frame.sample) - _losses(again.unseen, frame.sample)
    noise = gained.std() / np.sqrt(len(gained))
    return (wider, again) if gained.mean() > noise else (frame, grown)


def _widened(frame: Frame, found: tuple[Derived, ...], settings: Settings) -> Frame | None:
    """Return the frame with those of `found` that keep still; None if there are none."""
    derived = {own.name: own for own in found}
    sample = with_columns(frame.sample, derived, frame.bins)
    dictionary = with_attributes(frame.dictionary, found)
    only = Dictionary({name: dictionary[name] for name in derived}, dictionary.digest)
    try:
        bins, _ = usable_bins(sample, only, settings)
    except TrainingError:
        return None
    return replace(
        frame,
        sample=sample,
        bins={**frame.bins, **bins},
        dictionary=dictionary,
        derived={name: derived[name] for name in bins},
    )


def _losses(log_odds: Floats, sample: Sample) -> Floats:
    losses = np.logaddexp(0.0, np.where(sample.bad, log_odds, -log_odds))
    return np.asarray(sample.weights * losses, dtype=np.float64)
