"""What changed between two editions of the first-tier whitelist, and the stated reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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


def changes(previous: Snapshot | None, current: Snapshot) -> Iterator[Change]:
    """Yield the members who enter or leave FIRST, by member id."""
    before = previous.members if previous else {}
    same_card = previous is not None and previous.card_digest == current.card_digest
    for member in sorted(before.keys() | current.members.keys()):
        old, new = before.get(member), current.members.get(member)
        if new is not None and _is_first(new) and not _is_first(old):
            reason = "FIRST_EDITION" if previous is None else _entry_reason(old, new, same_card)
            yield Change(member, "ENTERS", reason)
        elif old is not None and _is_first(old) and not _is_first(new):
            yield Change(member, "LEAVES", _exit_reason(old, new, same_card))


def _is_first(status: MemberStatus | None) -> bool:
    return status is not None and status.tier == "FIRST"


def _entry_reason(old: MemberStatus | None, new: MemberStatus, same_card: bool) -> str:
    if old is None:
        return "NEW_MEMBER"
    # A member of the first tier has no knock-out, so the earlier ones no longer apply.
    if old.knock_outs:
        return "KNOCK_OUT_LIFTED"
    return _points_reason(_points(new) > _points(old), same_card, "POINTS_ROSE")


def _exit_reason(old: MemberStatus, new: MemberStatus | None, same_card: bool) -> str:
    if new is None:
        return "LEFT_ARCHIVE"
    if new.knock_outs:
        return new.knock_outs[0]
    return _points_reason(_points(new) < _points(old), same_card, "POINTS_FELL")


def _points_reason(moved: bool, same_card: bool, same_card_reason: str) -> str:
    if not moved:
        return "POLICY_CHANGED"
    return same_card_reason if same_card else "SCORECARD_CHANGED"


def _points(status: MemberStatus) -> int:
    """Return the points; only a member who is knocked out has none."""
    return status.points if status.points is not None else 0


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
    """Return the sentence for the reason `code`; the policy holds those of knock-outs."""
    return _REASONS[code] if code in _REASONS else policy.rule(code).text


def change_line(change: Change, policy: Policy) -> tuple[str, str, str, str, str, str]:
    """Return one line of ``changes.csv``."""
    text = reason_text(change.reason, policy)
    return (
        change.member_id, change.change, _CHANGES[change.change], change.reason, text.zh, text.en,
    )  # fmt: skip
