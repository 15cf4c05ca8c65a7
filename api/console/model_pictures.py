"""Pictures of models as geometry: vintages, bins of a card, pairs as heat maps.

Lengths are units of the picture's own width and height, as in `api.console.pictures`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from api.console.pictures import WIDTH
from api.models.card_schemas import CardAttribute, CardPair
from api.models.schemas import VintageShape


@dataclass(frozen=True)
class VintageBar:
    """One month of disbursement: its place, and heights of bads, of goods and of the rest."""

    x: float
    vintage: str
    bad: float
    good: float
    rest: float


@dataclass(frozen=True)
class Vintages:
    """Loans by month of disbursement as stacked bars, `height` high at `top` loans."""

    bars: list[VintageBar]
    step: float
    height: float
    top: int


def vintage_bars(rows: Sequence[VintageShape], height: float = 90) -> Vintages | None:
    """Return a stacked bar for each month; None without any loan."""
    top = max((row.loans for row in rows), default=0)
    if not top:
        return None
    step = WIDTH / len(rows)
    scale = height / top
    bars = [
        VintageBar(
            round(at * step, 2),
            row.vintage,
            round(row.bad * scale, 2),
            round(row.good * scale, 2),
            round((row.loans - row.good - row.bad) * scale, 2),
        )
        for at, row in enumerate(rows)
    ]
    return Vintages(bars, round(step, 2), height, top)


@dataclass(frozen=True)
class Bar:
    """A bar: where it begins, and how long it is."""

    x: float
    width: float


@dataclass(frozen=True)
class Scale:
    """A line of numbers: zero stands at its left end unless there are numbers below it."""

    zero: float
    unit: float

    @classmethod
    def of(cls, numbers: Iterable[float | None]) -> Self:
        """Return the scale on which all `numbers` fit."""
        known = [number for number in numbers if number is not None]
        low, high = min(known, default=0), max(known, default=0)
        unit = WIDTH / ((max(high, 0) - min(low, 0)) or 1)
        return cls(round(-min(low, 0) * unit, 1), unit)

    def bar(self, number: float) -> Bar:
        """Return the bar from zero to `number`."""
        width = round(abs(number) * self.unit, 1)
        return Bar(round(self.zero - (width if number < 0 else 0), 1), width)


@dataclass(frozen=True)
class BinScale:
    """One scale for all points of a page, and one for all its weights of evidence."""

    points: Scale
    woe: Scale

    @classmethod
    def of(cls, attributes: Iterable[CardAttribute]) -> Self:
        """Return the scales on which every bin of `attributes` fits."""
        bins = [each for attribute in attributes for each in attribute.bins]
        return cls(Scale.of(each.points for each in bins), Scale.of(each.woe for each in bins))


#: Shades of a heat map on either side of zero.
_SHADES = 4


@dataclass(frozen=True)
class HeatScale:
    """One scale of shades for all pairs."""

    most: int

    @classmethod
    def of(cls, pairs: Iterable[CardPair]) -> Self:
        """Return the scale on which every cell of `pairs` fits."""
        cells = (abs(cell) for pair in pairs for row in pair.points for cell in row)
        return cls(max(cells, default=0) or 1)

    def shade(self, points: int) -> str:
        """Return the class of a cell: ``heat-0``, or ``heat-up-1`` … ``heat-down-4``."""
        step = math.ceil(abs(points) / self.most * _SHADES)
        return "heat-0" if not step else f"heat-{'up' if points > 0 else 'down'}-{step}"
