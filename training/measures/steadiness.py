"""Stability of attributes within the development sample, by the calendar, without outcomes."""

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

#: Maximum ordinary bins to measure a shift over: among many bins chance looks like a shift.
_COARSE = 10


def drop_unsteady(
    ranked: list[str], bins: Mapping[str, Bins], sample: Sample, settings: Settings
) -> tuple[list[str], list[Dropped]]:
    """Return the attributes whose bins keep their shares over development, and the others.

    The earlier half of its periods is compared with the later; a sample of one period is stable.
    """
    later = sample.period > np.median(sample.period)
    if not later.any():
        return ranked, []
    shifts = {name: _shift(bins[name], sample.columns[name], later) for name in ranked}
    stable = [name for name in ranked if shifts[name] <= settings.most_shift]
    return stable, [
        Dropped(name, _unstable(shifts[name], settings.most_shift))
        for name in ranked
        if name not in stable
    ]


def coarse(bins: Bins, values: NDArray[np.float64] | NDArray[np.object_]) -> Bins:
    """Return `bins` merged into at most ten ordinary bins of similar size.

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
    # The edges nearest above each tenth of the rows.
    tenths = np.unique(np.searchsorted(share, np.arange(1, _COARSE) / _COARSE))
    return replace(bins, edges=tuple(bins.edges[edge] for edge in tenths if edge < len(bins.edges)))


def _shift(bins: Bins, values: NDArray[np.float64] | NDArray[np.object_], later: Bools) -> float:
    codes = bins.codes(values)
    before, after = (np.bincount(codes[rows], minlength=bins.size) for rows in (~later, later))
    return stability_index(before.astype(np.float64), after.astype(np.float64))


def _unstable(shift: float, most: float) -> Text:
    return Text(
        zh=f"不稳定：开发样本前后两半之间 PSI 为 {shift:.3f}，高于 {most:g}",
        en=f"unsteady: PSI {shift:.3f} between the halves of development, above {most:g}",
    )
