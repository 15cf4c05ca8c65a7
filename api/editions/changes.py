"""Entries and exits in words: the sentence behind each stable reason code."""

from __future__ import annotations

from model.decision.edition import Change
from model.policy.policy import Policy
from model.profile.dictionary import Text

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
