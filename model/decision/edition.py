"""What changed between two editions of the first-tier whitelist, and for what stated reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Standing:
    """Where a member stood in an edition."""

    tier: str
    points: int | None
    knock_outs: tuple[str, ...]


@dataclass(frozen=True)
class Edition:
    """One edition: every member's standing, and the card that gave the points."""

    card_digest: str
    standings: Mapping[str, Standing]


@dataclass(frozen=True)
class Change:
    """A member who entered or left the first tier, and why.

    Attributes
    ----------
    reason : str
        On entry ``FIRST_EDITION``, ``NEW_MEMBER``, ``KNOCK_OUT_LIFTED``, ``POINTS_ROSE``; on exit
        ``LEFT_ARCHIVE``, the code of the first new knock-out, ``POINTS_FELL``; on both
        ``SCORECARD_CHANGED`` (points moved that way under another card) and ``POLICY_CHANGED``
        (they did not move that way, so the cut-off did).
    """

    member_id: str
    change: Literal["ENTERS", "LEAVES"]
    reason: str


def changes(previous: Edition | None, current: Edition) -> Iterator[Change]:
    """Yield the members who enter or leave FIRST, by member id."""
    before = previous.standings if previous else {}
    same_card = previous is not None and previous.card_digest == current.card_digest
    for member in sorted(before.keys() | current.standings.keys()):
        was, now = before.get(member), current.standings.get(member)
        was_first, is_first = _first(was), _first(now)
        if is_first and not was_first and now is not None:
            why = "FIRST_EDITION" if previous is None else _entry_reason(was, now, same_card)
            yield Change(member, "ENTERS", why)
        elif was_first and not is_first and was is not None:
            yield Change(member, "LEAVES", _exit_reason(was, now, same_card))


def _first(standing: Standing | None) -> bool:
    return standing is not None and standing.tier == "FIRST"


def _entry_reason(was: Standing | None, now: Standing, same_card: bool) -> str:
    if was is None:
        return "NEW_MEMBER"
    # In the first tier nothing is knocked out, so whatever was has been lifted.
    if was.knock_outs:
        return "KNOCK_OUT_LIFTED"
    return _points_reason(_points(now) > _points(was), same_card, "POINTS_ROSE")


def _exit_reason(was: Standing, now: Standing | None, same_card: bool) -> str:
    if now is None:
        return "LEFT_ARCHIVE"
    if now.knock_outs:
        return now.knock_outs[0]
    return _points_reason(_points(now) < _points(was), same_card, "POINTS_FELL")


def _points_reason(moved: bool, same_card: bool, by_themselves: str) -> str:
    if not moved:
        return "POLICY_CHANGED"
    return by_themselves if same_card else "SCORECARD_CHANGED"


def _points(standing: Standing) -> int:
    """Return the points; only a member who is knocked out has none."""
    return standing.points if standing.points is not None else 0
