"""Which binned attributes enter the regression: strong, and not said already."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from model.dictionary import Text
from model.scorecard import Floats
from training.additive import Dropped
from training.binning import Binned
from training.settings import Settings


def strong_enough(
    binned: Mapping[str, Binned], settings: Settings
) -> tuple[list[str], list[Dropped]]:
    """Return the attributes whose information value suffices, strongest first, and the others."""
    ranked = sorted(binned, key=lambda name: -binned[name].iv)
    kept = [name for name in ranked if binned[name].iv >= settings.least_iv]
    dropped = [
        Dropped(name, _too_weak(binned[name].iv, settings.least_iv)) for name in ranked[len(kept) :]
    ]
    return kept, dropped


def not_said_already(
    ranked: list[str], woe: Mapping[str, Floats], settings: Settings
) -> tuple[list[str], list[Dropped]]:
    """Return the attributes no stronger one correlates with too much, and the others.

    Parameters
    ----------
    ranked : list of str
        Strongest first.
    woe : mapping of str to Floats
        Weights of evidence by row, each of shape (n,).
    """
    kept: list[str] = []
    dropped: list[Dropped] = []
    alike = _correlation([woe[name] for name in ranked])
    for row, name in enumerate(ranked):
        with_kept = {other: alike[row, ranked.index(other)] for other in kept}
        twin = next((k for k, r in with_kept.items() if r > settings.most_correlation), None)
        if twin:
            dropped.append(Dropped(name, _said_already(twin, with_kept[twin])))
        else:
            kept.append(name)
    return kept, dropped


def _correlation(rows: list[Floats]) -> Floats:
    return np.atleast_2d(np.abs(np.corrcoef(rows))) if rows else np.empty((0, 0))


def _too_weak(iv: float, least: float) -> Text:
    return Text(
        zh=f"信息值 {iv:.4f} 低于 {least}", en=f"information value {iv:.4f} is below {least}"
    )


def _said_already(twin: str, correlation: float) -> Text:
    return Text(
        zh=f"与 {twin} 重复（相关系数 {correlation:.2f}）",
        en=f"says the same as {twin} (correlation {correlation:.2f})",
    )
