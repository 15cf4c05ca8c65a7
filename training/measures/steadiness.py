"""Has an attribute moved within development itself, by the calendar, whatever the outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Bins
from model.profile.dictionary import Text
from training.additive import Dropped
from training.measures.stability import stability_index
from training.samples.sample import Bools, Sample
from training.settings import Settings

#: Ordinary bins that a shift is taken over: among many, chance alone would look like movement.
_COARSE = 10


def steady(
    ranked: list[str], bins: Mapping[str, Bins], sample: Sample, settings: Settings
) -> tuple[list[str], list[Dropped]]:
    """Return the attributes whose bins keep their shares over development, and the others.

    The earlier half of its periods is compared with the later; a sample of one period is steady.
    """
    later = sample.period > np.median(sample.period)
    if not later.any():
        return ranked, []
    shifts = {name: _shift(bins[name], sample.columns[name], later) for name in ranked}
    kept = [name for name in ranked if shifts[name] <= settings.most_shift]
    return kept, [
        Dropped(name, _moved(shifts[name], settings.most_shift))
        for name in ranked
        if name not in kept
    ]


def coarse(bins: Bins, values: NDArray[np.float64] | NDArray[np.object_]) -> Bins:
    """Return `bins` with neighbours joined into at most ten ordinary bins of like many rows.

    Of a text, the most frequent spellings keep a bin and the others share one.
    """
    if bins.ordinary <= _COARSE:
        return bins
    rows = np.bincount(bins.codes(values), minlength=bins.size)[: bins.ordinary]
    if bins.levels:
        order = np.argsort(-rows, kind="stable")
        rest = tuple(word for code in order[_COARSE - 1 :] for word in bins.levels[code])
        return replace(bins, levels=(*(bins.levels[c] for c in order[: _COARSE - 1]), rest))
    share = np.cumsum(rows)[:-1] / rows.sum()
    # The edge after which at least each tenth of the rows has passed.
    at = np.unique(np.searchsorted(share, np.arange(1, _COARSE) / _COARSE))
    return replace(bins, edges=tuple(bins.edges[edge] for edge in at if edge < len(bins.edges)))


def _shift(bins: Bins, values: NDArray[np.float64] | NDArray[np.object_], later: Bools) -> float:
    codes = bins.codes(values)
    before, after = (np.bincount(codes[rows], minlength=bins.size) for rows in (~later, later))
    return stability_index(before.astype(np.float64), after.astype(np.float64))


def _moved(shift: float, most: float) -> Text:
    return Text(
        zh=f"不稳定：开发样本前后两半之间 PSI 为 {shift:.3f}，高于 {most:g}",
        en=f"unsteady: PSI {shift:.3f} between the halves of development, above {most:g}",
    )
