"""The review queue: cases that wait for a person, longest wait first, bounded by place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.ledger.commands import View
from api.ledger.entries import Entry
from api.lending.case import told
from api.lending.state import OPEN, DecisionState
from api.lending.tally import Tally

#: Cases read at once.
_PART = 200


def queue_page(
    tally: Tally, view: View, reaches: Callable[[str], bool], after: int, size: int
) -> tuple[list[dict[str, Any]], int | None]:
    """Return up to `size` open cases that began to wait behind seq `after`, and where to go on.

    A referred case whose last day is over has left the queue; a member's own request never does
    before it is answered. What left is forgotten, so that it is looked at once a process.
    """
    rows: list[dict[str, Any]] = []
    waiting = [
        (seq, decision)
        for seq, decision, place_code in tally.open_cases(view)
        if seq > after and reaches(place_code)
    ]
    for start in range(0, len(waiting), _PART):
        part = waiting[start : start + _PART]
        entries = view.entries_of_decisions([decision for _, decision in part])
        for seq, decision in part:
            state = DecisionState.of(entries[decision])
            if state.status(view.now) == "EXPIRED":
                tally.leave(decision, seq)
            elif state.status(view.now) in OPEN and view.member_of(state.subject_id) is not None:
                if len(rows) == size:
                    return rows, rows[-1].pop("seq")
                rows.append(_case(view, state, entries[decision], seq))
    return rows, None


def _case(view: View, state: DecisionState, entries: list[Entry], seq: int) -> dict[str, Any]:
    since = next(entry for entry in entries if entry.seq == seq)
    return {
        **told(state, view.now),
        "seq": seq,
        "place_code": state.place_code,
        "waiting_since": since.recorded_at,
        "asked_for_by_member": state.is_for_member,
    }
