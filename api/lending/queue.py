"""The review queue: cases that wait for a person, longest wait first, bounded by place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.ledger.commands import View
from api.lending.case import told
from api.lending.state import OPEN, DecisionState
from api.lending.tally import Tally


def queue_page(
    tally: Tally, view: View, reaches: Callable[[str], bool], after: int, size: int
) -> tuple[list[dict[str, Any]], int | None]:
    """Return up to `size` open cases that began to wait behind seq `after`, and where to go on.

    A referred case whose last day is over has left the queue; a member's own request never does
    before it is answered.
    """
    rows: list[dict[str, Any]] = []
    for seq, decision_id, place_code in tally.open_cases(view):
        if seq <= after or not reaches(place_code):
            continue
        state = DecisionState.of(view.entries_of_decision(decision_id))
        if state.status(view.now) not in OPEN or view.member_of(state.subject_id) is None:
            continue
        if len(rows) == size:
            return rows, rows[-1].pop("seq")
        rows.append(_case(view, state, seq))
    return rows, None


def _case(view: View, state: DecisionState, seq: int) -> dict[str, Any]:
    since = next(e for e in view.entries_of_decision(state.decision_id) if e.seq == seq)
    return {
        **told(state, view.now),
        "seq": seq,
        "place_code": state.place_code,
        "waiting_since": since.recorded_at,
        "asked_for_by_member": state.is_for_member,
    }
