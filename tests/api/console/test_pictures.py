"""The geometry of the console's pictures says what the numbers say."""

from __future__ import annotations

from datetime import date

import pytest

from api.cases.schemas import CountedShape
from api.console.pictures import WIDTH, funnel_bars, points_bars, season_picture, tier_bar
from api.members.schemas import MonthShape

CUT_OFFS = {"FIRST": 625, "SECOND": 566}


@pytest.mark.parametrize("points", [300, 565, 566, 600, 625, 900])
def test_the_marker_stands_in_the_segment_of_its_tier(points: int) -> None:
    bar = tier_bar(points, CUT_OFFS)
    tier = "FIRST" if points >= 625 else "SECOND" if points >= 566 else "THIRD"
    (segment,) = [each for each in bar.segments if each.name == tier]
    assert segment.x <= bar.marker <= segment.x + segment.width
    assert 0 <= bar.marker <= WIDTH


def test_segments_fill_the_bar_without_gaps() -> None:
    segments = tier_bar(600, CUT_OFFS).segments
    ends = [each.x + each.width for each in segments]
    assert segments[0].x == 0
    assert ends[-1] == pytest.approx(WIDTH)
    for end, following in zip(ends, segments[1:], strict=False):
        assert following.x == pytest.approx(end)


def test_lost_points_lie_left_of_the_middle_and_won_ones_right_on_one_scale() -> None:
    counted = [CountedShape(attribute="a", points=p, text="t") for p in (-20, 10)]
    lost, won = points_bars(counted)
    assert (lost.x, lost.width) == (0, WIDTH / 2)
    assert (won.x, won.width) == (WIDTH / 2, WIDTH / 4)
    assert points_bars([]) == []


def _months(income: int, costs: int, loan: tuple[int, ...]) -> list[MonthShape]:
    return [
        MonthShape(
            month=date(2023, number + 1, 1),
            income_yuan=income,
            costs_yuan=costs,
            debts_yuan=0,
            loan_yuan=due,
        )
        for number, due in enumerate(loan)
    ]


def test_a_loan_above_what_is_left_ends_above_it() -> None:
    within = season_picture(_months(1_000, 400, (0,) * 11 + (7_000,))).months[-1]
    beyond = season_picture(_months(1_000, 400, (0,) * 11 + (7_400,))).months[-1]
    assert within.left > within.due
    assert beyond.left < beyond.due


def test_the_season_fits_its_panels_even_without_income() -> None:
    for income, costs in ((0, 0), (0, 500), (9_000, 100)):
        picture = season_picture(_months(income, costs, (50,) * 12))
        for each in picture.months:
            assert all(0 <= h <= picture.height for h in (each.income, each.outgo, each.left))
            assert 0 <= each.due <= picture.height
        assert len(picture.line("left").split()) == 24


def test_a_count_that_is_not_shown_has_no_bar() -> None:
    members, few = funnel_bars({"members": 200, "first": None})
    assert (members.width, few.width, few.count) == (WIDTH, 0, None)
    assert funnel_bars({}) == []
