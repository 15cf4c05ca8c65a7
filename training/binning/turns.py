"""Turns of a free attribute's table: each must stand on evidence, or it is smoothed away.

A committee signs a table that rises and falls only where the data says so. Between two turns the
table moves one way; the movement is tested by the weighted trend of its bins, with the variance of
a bin's log odds 1/good + 1/bad (Woolf 1955; Cochran 1954, *Biometrics* 10; Armitage 1955).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from model.card.bins import Floats, Ints

#: Two-sided 5 % of the normal distribution.
_SUPPORTED = 1.959963984540054
#: Good and bad rows added to a bin, so that a bin without bads has a variance (Haldane 1956).
_PRIOR = 0.5


@dataclass(frozen=True)
class _Block:
    """Neighbouring bins with one value."""

    value: float
    rows: float
    good: float
    bad: float
    size: int

    @property
    def information(self) -> float:
        """Inverse of the variance of the block's log odds."""
        return 1 / (1 / (self.good + _PRIOR) + 1 / (self.bad + _PRIOR))


def turns(values: Floats | Ints) -> int:
    """Return how often a table changes its direction; equal neighbours are no change."""
    steps = np.sign(np.diff(values))
    moves = steps[steps != 0]
    return int((moves[1:] != moves[:-1]).sum())


def supported_turns(log_odds: Floats, goods: Floats, bads: Floats) -> Floats:
    """Return `log_odds` with every movement pooled that makes a turn and is not supported.

    A table without turns stays as it is. The least supported movement is pooled first, by rows, so
    the mean stays; then the turns that are left are judged again.

    Parameters
    ----------
    log_odds, goods, bads : Floats
        Shape (bins,), in ascending order of the attribute's value; rows may be weighted.
    """
    blocks = [
        _Block(float(value), float(good + bad), float(good), float(bad), 1)
        for value, good, bad in zip(log_odds, goods, bads, strict=True)
    ]
    blocks = _joined(blocks)
    while len(movements := _movements(blocks)) > 1:
        start, end = min(movements, key=lambda ends: _support(blocks[ends[0] : ends[1] + 1]))
        if _support(blocks[start : end + 1]) >= _SUPPORTED:
            break
        pooled = _pooled(blocks[start : end + 1])
        blocks = _joined([*blocks[:start], pooled, *blocks[end + 1 :]])
    return np.repeat([block.value for block in blocks], [block.size for block in blocks])


def _movements(blocks: list[_Block]) -> list[tuple[int, int]]:
    """Return the first and last block of each stretch that moves one way."""
    rises = [b.value > a.value for a, b in pairwise(blocks)]
    starts = [0, *(i for i in range(1, len(rises)) if rises[i] != rises[i - 1])]
    return [(s, e) for s, e in zip(starts, [*starts[1:], len(blocks) - 1], strict=True) if s < e]


def _support(blocks: list[_Block]) -> float:
    """Return the absolute z value of the trend over `blocks`, by weighted least squares."""
    weight = np.array([block.information for block in blocks])
    value = np.array([block.value for block in blocks])
    place = np.arange(len(blocks)) - np.average(np.arange(len(blocks)), weights=weight)
    spread = float((weight * place**2).sum())
    return abs(float((weight * place * value).sum())) / float(np.sqrt(spread))


def _pooled(blocks: list[_Block]) -> _Block:
    rows = sum(block.rows for block in blocks)
    weights = [max(block.rows, 1e-9) for block in blocks]
    value = float(np.average([block.value for block in blocks], weights=weights))
    good, bad = sum(block.good for block in blocks), sum(block.bad for block in blocks)
    return _Block(value, rows, good, bad, sum(block.size for block in blocks))


def _joined(blocks: list[_Block]) -> list[_Block]:
    """Return `blocks` with neighbours of one value joined."""
    joined: list[_Block] = []
    for block in blocks:
        if joined and joined[-1].value == block.value:
            # Keep the value itself: a mean of equal doubles may differ in the last bit.
            block = replace(_pooled([joined.pop(), block]), value=block.value)
        joined.append(block)
    return joined
