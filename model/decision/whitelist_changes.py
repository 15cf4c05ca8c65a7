"""What changed between two editions of the whitelist, member by member, and the stated reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from model.policy.policy import Policy
from model.profile.dictionary import Text


@dataclass(frozen=True)
class MemberStatus:
    """A member's tier, points and knock-outs in an edition."""

    tier: str
    points: int | None
    knock_outs: tuple[str, ...]


@dataclass(frozen=True)
class Snapshot:
    """One edition: the status of each member, and the card that gave the points."""

    card_digest: str
    members: Mapping[str, MemberStatus]


#: Into the first tier, out of it, up or down outside it.
ChangeKind = Literal["ENTERS", "LEAVES", "RISES", "FALLS"]


@dataclass(frozen=True)
class Change:
    """A member whose tier changed, and why.

    Attributes
    ----------
    change : ChangeKind
        ``ENTERS`` and ``LEAVES`` concern the first tier, ``RISES`` and ``FALLS`` the others.
    reason : str
        Upwards ``FIRST_EDITION``, ``NEW_MEMBER``, ``KNOCK_OUT_LIFTED``, ``POINTS_ROSE``; downwards
        ``LEFT_ARCHIVE``, the code of the first new knock-out, ``POINTS_FELL``; on both
        ``SCORECARD_CHANGED`` (points moved that way under another card) and ``POLICY_CHANGED``
        (they did not move that way, so the cut-off did).
    before, after : MemberStatus or None
        None for a member who was not, or is no longer, in the archive.
    """

    member_id: str
    change: ChangeKind
    reason: str
    before: MemberStatus | None = field(default=None, compare=False)
    after: MemberStatus | None = field(default=None, compare=False)

    @property
    def is_of_first_tier(self) -> bool:
        """Whether the member entered or left the first tier."""
        return self.change in ("ENTERS", "LEAVES")


def changes(previous: Snapshot | None, current: Snapshot) -> Iterator[Change]:
    """Yield the members who enter or leave FIRST, by member id."""
    return (each for each in tier_changes(previous, current) if each.is_of_first_tier)


def tier_changes(previous: Snapshot | None, current: Snapshot) -> Iterator[Change]:
    """Yield every member whose tier changed, by member id.

    Of the first edition only the members of FIRST, because before it nobody had a tier.
    """
    before = previous.members if previous else {}
    same_card = previous is not None and previous.card_digest == current.card_digest
    for member in sorted(before.keys() | current.members.keys()):
        old, new = before.get(member), current.members.get(member)
        was, now = _rank(old), _rank(new)
        if was == now or (previous is None and now != _FIRST):
            continue
        kind = _kind(was, now)
        if previous is None:
            reason = "FIRST_EDITION"
        elif new is not None and now > was:
            reason = _rise_reason(old, new, same_card)
        else:
            reason = _fall_reason(old, new, same_card)
        yield Change(member, kind, reason, old, new)


_ORDER = (None, "NONE", "THIRD", "SECOND", "FIRST")
_FIRST = _ORDER.index("FIRST")


def _rank(status: MemberStatus | None) -> int:
    return _ORDER.index(status.tier if status else None)


def _kind(was: int, now: int) -> ChangeKind:
    if _FIRST in (was, now):
        return "ENTERS" if now == _FIRST else "LEAVES"
    return "RISES" if now > was else "FALLS"


def _rise_reason(old: MemberStatus | None, new: MemberStatus, same_card: bool) -> str:
    if old is None:
        return "NEW_MEMBER"
    if set(old.knock_outs) - set(new.knock_outs):
        return "KNOCK_OUT_LIFTED"
    return _points_reason(_points(new) > _points(old), same_card, "POINTS_ROSE")


def _fall_reason(old: MemberStatus | None, new: MemberStatus | None, same_card: bool) -> str:
    if old is None or new is None:
        return "LEFT_ARCHIVE"
    if added := [code for code in new.knock_outs if code not in old.knock_outs]:
        return added[0]
    return _points_reason(_points(new) < _points(old), same_card, "POINTS_FELL")


def _points_reason(moved: bool, same_card: bool, same_card_reason: str) -> str:
    if not moved:
        return "POLICY_CHANGED"
    return same_card_reason if same_card else "SCORECARD_CHANGED"


def _points(status: MemberStatus) -> int:
    """Return the points; only a member who is knocked out has none."""
    return status.points if status.points is not None else 0


_CHANGES = {"ENTERS": "进入", "LEAVES": "退出", "RISES": "上升", "FALLS": "下降"}
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
    """Return the sentence for the reason `code`; the policy holds those of knock-outs."""
    return _REASONS[code] if code in _REASONS else policy.rule(code).text


def change_line(change: Change, policy: Policy) -> tuple[str, str, str, str, str, str]:
    """Return one line of ``changes.csv``."""
    text = reason_text(change.reason, policy)
    return (
        change.member_id, change.change, _CHANGES[change.change], change.reason, text.zh, text.en,
    )  # fmt: skip
