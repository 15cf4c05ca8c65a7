"""Moves between tiers for whoever may see no person: none of few, and none that reveals one."""

from __future__ import annotations

import numpy as np
import pytest

from api.editions.change import TURNOVER, Measure, turnover_text
from api.editions.difference import ABSENT, Difference
from api.operation.schemas import DifferenceShape, EditionCounts

TIERS = ("FIRST", "SECOND", "THIRD", "NONE")
SMALLEST = 5


def _difference(moves: dict[tuple[str, str], int]) -> Difference:
    found = Difference(moves, None, {}, ())
    moved = found.enters + found.leaves
    measure = Measure(TURNOVER, 7.0, 30, turnover_text(moved, 7.0, 30))
    return Difference(moves, None, {}, (measure,))


def _random(seed: int) -> Difference:
    """Return a night: most members stay, and few move, join or leave."""
    rng = np.random.default_rng(seed)
    places = (*TIERS, ABSENT)
    moves = {
        (was, now): int(rng.integers(200, 900) if was == now else rng.integers(0, 30) ** 2 // 60)
        for was in places
        for now in places
        if {was, now} != {ABSENT}
    }
    return _difference({move: members for move, members in moves.items() if members})


def _following(hidden: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the hidden moves that follow from the rest: both editions tell each tier's members."""
    unknown, before = set(hidden), None
    while unknown != before:
        before = set(unknown)
        for side in (0, 1):
            for tier in TIERS:
                alone = [move for move in unknown if move[side] == tier]
                if len(alone) == 1:
                    unknown.remove(alone[0])
    return hidden - unknown


@pytest.mark.parametrize("seed", range(20))
def test_no_move_of_few_is_told_nor_follows_from_what_is(seed: int) -> None:
    found = _random(seed)
    shape = DifferenceShape.of("before", "after", found, SMALLEST)
    told = {(each.before, each.after): each.members for each in shape.moves}
    hidden = {move for move, members in told.items() if members is None}
    assert hidden >= {move for move, members in found.moves.items() if members < SMALLEST}
    assert all(found.moves[move] == told[move] for move in told.keys() - hidden)
    assert all(found.moves[move] >= SMALLEST for move in _following(hidden))
    few = any(0 < number < SMALLEST for number in (found.enters, found.leaves))
    assert (shape.enters is None) == (shape.leaves is None) == few
    (turnover,) = shape.measures
    assert (turnover.change is None) == few
    assert (f"{found.enters + found.leaves:,}" in turnover.text.en) != few


def test_a_night_with_few_entries_tells_neither_entries_nor_exits() -> None:
    found = _difference({("FIRST", "FIRST"): 300, ("SECOND", "FIRST"): 3, ("FIRST", "THIRD"): 40})
    shape = DifferenceShape.of("before", "after", found, SMALLEST)
    assert (shape.enters, shape.leaves) == (None, None)
    (turnover,) = shape.measures
    assert "43" not in turnover.text.zh + turnover.text.en
    assert {e.members for e in shape.moves if e.before != e.after} == {None}


def test_who_may_see_the_persons_is_told_every_number() -> None:
    found = _difference({("FIRST", "FIRST"): 300, ("FIRST", "NONE"): 1, ("NONE", "NONE"): 90})
    shape = DifferenceShape.of("before", "after", found, None)
    assert {(e.before, e.after): e.members for e in shape.moves} == found.moves
    assert (shape.enters, shape.leaves) == (0, 1)


@pytest.mark.parametrize(
    ("enters", "leaves", "hidden"), [(0, 0, False), (5, 9, False), (5, 4, True), (1, 80, True)]
)
def test_entries_and_exits_of_an_edition_are_hidden_together(
    enters: int, leaves: int, hidden: bool
) -> None:
    counts = {"members": 400, "first": 90, "second": 100, "third": 110, "none": 100}
    shape = EditionCounts.of({**counts, "enters": enters, "leaves": leaves}, SMALLEST)
    assert (shape.enters is None, shape.leaves is None) == (hidden, hidden)
    assert EditionCounts.of({**counts, "enters": enters, "leaves": leaves}, None).enters == enters
