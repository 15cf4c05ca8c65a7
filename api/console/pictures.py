"""Pictures as geometry, which templates draw as SVG; each page shows the same numbers as text.

Lengths are units of the picture's own width and height, so that it scales with the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from api.cases.schemas import CountedShape
from api.members.schemas import MonthShape
from api.portfolio.schemas import MonthRow

WIDTH = 340
#: Points shown below the lowest and above the highest cut-off.
_MARGIN_POINTS = 70
_LOWEST_TIER = "THIRD"


@dataclass(frozen=True)
class Segment:
    """A part of a bar: where it begins, how long it is, what it stands for."""

    x: float
    width: float
    name: str


@dataclass(frozen=True)
class TierBar:
    """The points on a line with the tiers: segments, cut-offs with their places, the marker."""

    segments: list[Segment]
    cut_offs: list[tuple[float, int]]
    marker: float
    points: int


def tier_bar(points: int, cut_offs: Mapping[str, int]) -> TierBar:
    """Return the line on which `points` stand, from the tier without a cut-off to the highest."""
    ordered = sorted(cut_offs.items(), key=lambda item: item[1])
    low = min(ordered[0][1] - _MARGIN_POINTS, points - 5)
    high = max(ordered[-1][1] + _MARGIN_POINTS, points + 5)

    def place(value: int) -> float:
        return round((value - low) / (high - low) * WIDTH, 1)

    starts = [(low, _LOWEST_TIER), *((value, tier) for tier, value in ordered)]
    ends = [value for value, _ in starts[1:]] + [high]
    segments = [
        Segment(place(start), round(place(end) - place(start), 1), tier)
        for (start, tier), end in zip(starts, ends, strict=True)
    ]
    return TierBar(segments, [(place(v), v) for _, v in ordered], place(points), points)


@dataclass(frozen=True)
class PointsBar:
    """What moved the points, with its bar from the middle: to the left for points lost."""

    text: str
    points: int
    x: float
    width: float


def points_bars(counted: Iterable[CountedShape]) -> list[PointsBar]:
    """Return a bar for each line, all on one scale."""
    lines = list(counted)
    most = max((abs(each.points) for each in lines), default=0) or 1
    bars = []
    for each in lines:
        width = round(abs(each.points) / most * WIDTH / 2, 1)
        x = WIDTH / 2 - (width if each.points < 0 else 0)
        bars.append(PointsBar(each.text, each.points, round(x, 1), width))
    return bars


@dataclass(frozen=True)
class MonthBars:
    """One month of the season: its place, heights of income and outgo, and what adds up.

    Attributes
    ----------
    left, due : float
        Heights of what is left after costs and of what the loan costs, each added up until now.
    """

    x: float
    number: int
    income: float
    outgo: float
    left: float
    due: float


@dataclass(frozen=True)
class Season:
    """The season: its months, and the amounts in yuan at the top of both panels."""

    months: list[MonthBars]
    step: float
    height: float
    top_of_month_yuan: int
    top_of_sum_yuan: int

    def line(self, name: str) -> str:
        """Return the points of the line of `name`, a step for each month, for ``polyline``."""
        pairs = []
        for each in self.months:
            y = round(self.height - getattr(each, name), 1)
            pairs += [(each.x, y), (round(each.x + self.step, 1), y)]
        return " ".join(f"{x},{y}" for x, y in pairs)


def season_picture(months: Sequence[MonthShape], height: float = 80) -> Season:
    """Return the two panels of the season, each `height` high."""
    outgo = [each.costs_yuan + each.debts_yuan for each in months]
    left = list(accumulate(m.income_yuan - out for m, out in zip(months, outgo, strict=True)))
    due = list(accumulate(each.loan_yuan for each in months))
    top = max(*(each.income_yuan for each in months), *outgo, 1)
    top_of_sum = max(*left, *due, 1)
    step = WIDTH / len(months)

    def bars(number: int, month: MonthShape) -> MonthBars:
        return MonthBars(
            x=round(number * step, 1),
            number=month.month.month,
            income=round(month.income_yuan / top * height, 1),
            outgo=round(outgo[number] / top * height, 1),
            left=round(max(left[number], 0) / top_of_sum * height, 1),
            due=round(due[number] / top_of_sum * height, 1),
        )

    every = [bars(number, month) for number, month in enumerate(months)]
    return Season(every, round(step, 2), height, top, top_of_sum)


@dataclass(frozen=True)
class TrendBar:
    """One month: its place and number, heights of what was paid out and repaid."""

    x: float
    number: int
    disbursed: float
    repaid: float


@dataclass(frozen=True)
class Trend:
    """The months side by side, the amount in yuan at the top, and whether a month is hidden."""

    months: list[TrendBar]
    step: float
    height: float
    top_yuan: int
    is_hidden: bool


def trend_picture(months: Sequence[MonthRow], height: float = 90) -> Trend:
    """Return the months as pairs of bars; what is hidden, or below nothing, has no bar."""
    amounts = [(each.disbursed_yuan or 0, each.repaid_yuan or 0) for each in months]
    top = max(max(pair) for pair in amounts) if amounts else 0
    step = WIDTH / max(len(months), 1)

    def high(amount: int) -> float:
        return round(max(amount, 0) / max(top, 1) * height, 1)

    bars = [
        TrendBar(round(number * step, 1), month.month.month, high(disbursed), high(repaid))
        for number, (month, (disbursed, repaid)) in enumerate(zip(months, amounts, strict=True))
    ]
    is_hidden = any(None in (each.disbursed_yuan, each.repaid_yuan) for each in months)
    return Trend(bars, round(step, 2), height, max(top, 0), is_hidden)


@dataclass(frozen=True)
class FunnelBar:
    """One step of the funnel: how many, and its bar; None where the count is not shown."""

    name: str
    count: int | None
    width: float


def funnel_bars(counts: Mapping[str, int | None]) -> list[FunnelBar]:
    """Return a bar for each step, the first as wide as the picture."""
    most = max((count or 0 for count in counts.values()), default=0) or 1
    return [
        FunnelBar(name, count, round((count or 0) / most * WIDTH, 1))
        for name, count in counts.items()
    ]
