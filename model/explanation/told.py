"""Which contributions are told, and the line that sums the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from model.card.reasons import MAX_REASONS
from model.explanation.sentences import Contribution, points_text
from model.profile.dictionary import Text

#: Lines on what counted: a farmer reads no more.
MAX_LINES = 5
#: Losses told of a member whose points suffice for the first tier.
MAX_LOSSES_BESIDE = 2


@dataclass(frozen=True)
class Rest:
    """All that counted besides the lines: how many, and their `points` together."""

    count: int
    points: int
    text: Text


def told_lines(
    every: Sequence[Contribution], least: int, *, carries: bool
) -> tuple[Contribution, ...]:
    """Return the lines: the largest losses, which are the reasons, and the largest gains.

    Smaller ones than `least` points are left out, unless nothing else was lost.

    Parameters
    ----------
    carries
        Whether the points suffice for the first tier. Then what carries them comes first, and at
        most `MAX_LOSSES_BESIDE` losses follow while there are gains to tell.
    """
    losses = sorted((each for each in every if each.points < 0), key=lambda each: each.points)
    gains = sorted((each for each in every if each.points > 0), key=lambda each: -each.points)
    reasons = [each for each in losses if each.points <= -least] or losses[:1]
    reasons = reasons[:MAX_REASONS]
    strong = [each for each in gains if each.points >= least]
    if carries:
        most = max(MAX_LOSSES_BESIDE, MAX_LINES - len(strong))
        beside = reasons[:most]
        return (*strong[: MAX_LINES - len(beside)], *beside)
    chosen = [*reasons, *strong[: MAX_LINES - len(reasons)]]
    return tuple(sorted(chosen, key=lambda each: -abs(each.points)))


def rest_of(others: Sequence[Contribution]) -> Rest | None:
    """Return the line that sums `others`; None if there are none."""
    if not others:
        return None
    points, count = sum(each.points for each in others), len(others)
    subject = Text(
        f"其余 {count} 项合计",
        "One other record" if count == 1 else f"The other {count} records together",
    )
    return Rest(count, points, points_text(subject, points))
