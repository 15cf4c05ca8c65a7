"""Rulings: what people decided about a member, and how far the last one binds the service.

Asked again one yuan lower, the service would approve what a person just declined. So the last
ruling on a member, on whichever decision, limits every later answer and payment until it lapses.
It never makes an answer better: a person approves by a verdict, not by an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from api.core.calendar import date_in_china
from api.ledger.entries import Entry, Kind
from model.decision.decision import Decision, KnockOut
from model.policy.controls import Controls

#: Entries that settle a case, unless their outcome is `SECOND_NEEDED`.
RULINGS: tuple[Kind, ...] = ("REVIEW_DECIDED", "OVERRIDDEN")
#: Outcome of a first approval that needs a second reviewer.
SECOND_NEEDED = "SECOND_NEEDED"

EARLIER_RULING = KnockOut(
    "EARLIER_RULING",
    "工作人员近期已对该会员作出不同结论，需由人工答复",
    "a person recently ruled otherwise on this member, so a person answers",
)


def binding_ruling(entries: Iterable[Entry], now: datetime, controls: Controls) -> Entry | None:
    """Return the last ruling among `entries` of a member that binds at `now`; None without one.

    One for a reason that binds nobody judged nothing: it neither binds nor lifts one before it.
    """
    last = None
    for entry in entries:
        if _judges(entry, controls):
            last = entry
    if last is None:
        return None
    return last if date_in_china(now) < lapse_day(last, controls) else None


def _judges(entry: Entry, controls: Controls) -> bool:
    """Return whether a person judged the member by `entry`."""
    if entry.kind not in RULINGS or entry.outcome == SECOND_NEEDED:
        return False
    return entry.body.get("reason_code") not in controls.reasons_that_bind_nobody


def lapse_day(ruling: Entry, controls: Controls) -> date:
    """Return the first day, in China, on which `ruling` binds no longer."""
    return date_in_china(ruling.recorded_at) + timedelta(days=controls.ruling_binds_days)


def is_within(ruling: Entry, amount_yuan: int) -> bool:
    """Return whether `ruling` leaves `amount_yuan` open to approval without another person."""
    return ruling.outcome == "APPROVE" and amount_yuan <= (ruling.amount_yuan or 0)


def bound(decision: Decision, amount_yuan: int, ruling: Entry | None) -> Decision:
    """Return `decision` as `ruling` binds it: an approval beyond it is referred to a person."""
    if ruling is None or decision.outcome != "APPROVE" or is_within(ruling, amount_yuan):
        return decision
    return replace(decision, outcome="REFER", knock_outs=(*decision.knock_outs, EARLIER_RULING))


def earlier_rulings(entries: Iterable[Entry], decision_id: str) -> list[dict[str, object]]:
    """Return every ruling among `entries` on a member's other decisions, for a reviewer."""
    return [
        {
            "decision_id": entry.decision_id,
            "recorded_at": entry.recorded_at,
            "recorded_by": entry.actor,
            "kind": entry.kind,
            "outcome": entry.outcome,
            "amount_yuan": entry.amount_yuan,
            "reason_code": entry.body.get("reason_code"),
            "note": entry.body.get("note"),
        }
        for entry in entries
        if entry.kind in RULINGS and entry.decision_id != decision_id
    ]
