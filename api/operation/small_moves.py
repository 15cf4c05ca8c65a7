"""Moves between tiers for whoever may see no person: moves of few members are hidden (ADR 39).

The tiers of both editions are told as totals, and so are entries into and exits from the first tier
unless one of them is of few: then both are hidden, because each follows from the other.
"""

from __future__ import annotations

from collections.abc import Collection

from api.editions.change import TURNOVER, Measure, turnover_text
from api.editions.difference import ABSENT, FIRST, Difference
from api.editions.small_cells import Layout, is_small, small_cells
from model.profile.dictionary import Text

#: Tiers before and after.
Move = tuple[str, str]
_TIERS = (FIRST, "SECOND", "THIRD", "NONE")
_PLACES = (*_TIERS, ABSENT)
_MOVES: tuple[Move, ...] = tuple(
    (was, now) for was in _PLACES for now in _PLACES if {was, now} != {ABSENT}
)
_ENTERS, _LEAVES = "enters", "leaves"


def few_turn_over(enters: int, leaves: int, smallest: int | None) -> bool:
    """Return whether so few enter or leave the first tier that neither number is told."""
    return smallest is not None and (is_small(enters, smallest) or is_small(leaves, smallest))


def hidden_moves(found: Difference, smallest: int | None) -> Collection[Move]:
    """Return the moves of fewer than `smallest` members, and those that would reveal one."""
    if smallest is None:
        return ()
    row = {_name(pair): found.moves.get(pair, 0) for pair in _MOVES}
    row |= {_margin(before=tier): found.count(before=tier) for tier in _TIERS}
    row |= {_margin(after=tier): found.count(after=tier) for tier in _TIERS}
    row |= {_ENTERS: found.enters, _LEAVES: found.leaves}
    persons = dict(row)
    if few_turn_over(found.enters, found.leaves, smallest):
        # Both count as hidden: the totals of the first tier tell one by the other.
        persons |= {each: 1 for each in (_ENTERS, _LEAVES) if row[each]}
    hidden = small_cells({"": row}, _LAYOUT, smallest, {"": persons}).hidden
    return {pair for pair in _MOVES if ("", _name(pair)) in hidden}


def shown_measure(measure: Measure, is_hidden: bool) -> tuple[float | None, Text]:
    """Return number and sentence of a measure, without those of the turnover if it `is_hidden`."""
    if measure.code == TURNOVER and is_hidden:
        return None, turnover_text(None, None, measure.most)
    return measure.change, measure.text


def _name(pair: Move) -> str:
    return ">".join(pair)


def _margin(before: str = "", after: str = "") -> str:
    return f"{before}>{after}"


def _layout() -> Layout:
    def sum_of(whole: str, *, before: Collection[str], after: Collection[str]) -> tuple[str, ...]:
        return whole, *(_name(p) for p in _MOVES if p[0] in before and p[1] in after)

    every, others = (*_TIERS, ABSENT), (*_TIERS[1:], ABSENT)
    stay = _name((FIRST, FIRST))
    margins = (*(_margin(before=t) for t in _TIERS), *(_margin(after=t) for t in _TIERS))
    return Layout(
        counts=(*map(_name, _MOVES), *margins, _ENTERS, _LEAVES),
        sums=(
            *(sum_of(_margin(before=tier), before=(tier,), after=every) for tier in _TIERS),
            *(sum_of(_margin(after=tier), before=every, after=(tier,)) for tier in _TIERS),
            sum_of(_ENTERS, before=others, after=(FIRST,)),
            sum_of(_LEAVES, before=(FIRST,), after=others),
            (_margin(after=FIRST), stay, _ENTERS),
            (_margin(before=FIRST), stay, _LEAVES),
        ),
        told=frozenset((*margins, _ENTERS, _LEAVES)),
    )


_LAYOUT = _layout()
