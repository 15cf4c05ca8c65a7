"""The bins of an attribute in words: a range, spellings, missing, out of range."""

from __future__ import annotations

from itertools import pairwise

from model.card.bins import Bins
from model.profile.dictionary import Text

_MAX_SPELLINGS = 6


def bin_labels(bins: Bins) -> list[Text]:
    """Return the label of each bin code: its range or spellings."""
    ordinary = [_spellings(group) for group in bins.levels] if bins.levels else _ranges(bins.edges)
    unknown = (
        Text("少见或未知取值", "rare or unknown")
        if bins.levels
        else Text("超出范围", "out of range")
    )
    return [*ordinary, Text("缺失", "missing"), unknown]


def _ranges(edges: tuple[float, ...]) -> list[Text]:
    if not edges:
        return [Text("任意值", "any value")]
    shown = [f"{edge:.10g}" for edge in edges]
    inside = [f"{low} – <{high}" for low, high in pairwise(shown)]
    return [Text(label, label) for label in (f"< {shown[0]}", *inside, f"≥ {shown[-1]}")]


def _spellings(group: tuple[str, ...]) -> Text:
    shown, more = ", ".join(group[:_MAX_SPELLINGS]), len(group) - _MAX_SPELLINGS
    if more <= 0:
        return Text(shown, shown)
    return Text(f"{shown} 等 {len(group)} 种", f"{shown} and {more} more")
