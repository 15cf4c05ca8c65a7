"""What changed between two editions of the first-tier whitelist, and for what stated reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from model.policy.policy import Policy
from model.profile.dictionary import Text


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


_CHANGES = {"ENTERS": "进入", "LEAVES": "退出"}
_REASONS = {
    "FIRST_EDITION": Text("首期名单", "the first edition"),
    "NEW_MEMBER": Text("新入档会员", "new in the archive"),
    "KNOCK_OUT_LIFTED": Text("此前的限制情形已解除", "a knock-out no longer holds"),
    "POINTS_ROSE": Text("评分上升", "points rose"),
    "POINTS_FELL": Text("评分下降", "points fell"),
    "LEFT_ARCHIVE": Text("档案中已无该会员", "no longer in the archive"),
    "SCORECARD_CHANGED": Text("更换了评分卡", "another scorecard is in use"),
    "POLICY_CHANGED": Text("信贷政策调整", "the policy changed"),
}


def reason_text(code: str, policy: Policy) -> Text:
    """Return the sentence behind the reason `code`, a knock-out's from the policy."""
    return _REASONS[code] if code in _REASONS else policy.rule(code).text


def change_line(change: Change, policy: Policy) -> tuple[str, str, str, str, str, str]:
    """Return one line of ``changes.csv``."""
    text = reason_text(change.reason, policy)
    return (
        change.member_id, change.change, _CHANGES[change.change], change.reason, text.zh, text.en,
    )  # fmt: skip
