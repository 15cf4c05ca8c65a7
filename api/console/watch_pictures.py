"""Pictures of what moved, as geometry: shares by group of points, vintage curves, shades of rows.

Lengths are units of the picture's own width and height, as in `api.console.pictures`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from api.console.pictures import WIDTH
from api.models.watch_schemas import CurveShape, ShiftShape

#: Shades of a cell by its share of its row.
_SHADES = 4
#: Lines that can still be told apart; older quarters are in the table alone.
_MOST_CURVES = 8


@dataclass(frozen=True)
class GroupBar:
    """One group of points: its place, its name, heights in development and now."""

    x: float
    name: str
    then: float
    now: float


@dataclass(frozen=True)
class Groups:
    """Shares by group of points, `height` high at the share `top`."""

    bars: list[GroupBar]
    step: float
    height: float
    top: float


def group_bars(shift: ShiftShape, height: float = 90) -> Groups:
    """Return two bars for each group of points, from the lowest points to the highest."""
    shares = [(then or 0.0, now or 0.0) for then, now in zip(shift.then, shift.now, strict=True)]
    top = max((max(pair) for pair in shares), default=0) or 1
    step = WIDTH / max(len(shares), 1)
    bars = [
        GroupBar(
            round(at * step, 2),
            group_name(shift.cuts, at),
            round(then / top * height, 2),
            round(now / top * height, 2),
        )
        for at, (then, now) in enumerate(shares)
    ]
    return Groups(bars, round(step, 2), height, top)


def group_name(cuts: Sequence[int], at: int) -> str:
    """Return the name of a group of points: at most a cut, or above the last."""
    if at < len(cuts):
        return f"≤ {cuts[at]}"
    return f"> {cuts[-1]}" if cuts else "–"


@dataclass(frozen=True)
class CurveLine:
    """One quarter's line: its points for ``polyline``, and its shade from 1 (oldest) upwards."""

    quarter: str
    points: str
    shade: int


@dataclass(frozen=True)
class Curves:
    """Vintage curves, `height` high at the share `top` and `months` wide."""

    lines: list[CurveLine]
    height: float
    top: float
    months: int


def curves_picture(curves: Sequence[CurveShape], height: float = 120) -> Curves | None:
    """Return the lines of the latest quarters; None without any."""
    shown = curves[-_MOST_CURVES:]
    top = max((share or 0 for curve in shown for share in curve.bad), default=0)
    months = max((len(curve.bad) for curve in shown), default=0) - 1
    if not shown or months < 1:
        return None
    scale = top or 1.0
    lines = [
        CurveLine(
            curve.quarter,
            " ".join(
                f"{round(age / months * WIDTH, 1)},{round(height - (bad or 0) / scale * height, 1)}"
                for age, bad in enumerate(curve.bad)
            ),
            at + 1,
        )
        for at, curve in enumerate(shown)
    ]
    return Curves(lines, height, scale, months)


def shades_of_rows(matrix: Sequence[Sequence[int]]) -> list[list[str]]:
    """Return the class of each cell by its share of its row: ``heat-0`` … ``heat-up-4``."""
    return [[_shade(cell, sum(row)) for cell in row] for row in matrix]


def _shade(cell: int, whole: int) -> str:
    step = math.ceil(cell / whole * _SHADES) if whole else 0
    return f"heat-up-{step}" if step else "heat-0"
