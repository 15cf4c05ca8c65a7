"""The review queue: cases that wait for a person, longest wait first, bounded by place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
    for part in _not_expired(tally, view, waiting):
        for seq, state, entries in part:
            if state.status(view.now) in OPEN and view.member_of(state.subject_id) is not None:
                if len(rows) == size:
                    return rows, rows[-1].pop("seq")
                rows.append(_case(view, state, entries, seq))
    return rows, None


def forget_expired(tally: Tally, view: View) -> Iterator[None]:
    """Forget the cases that wait and whose last day is over, a part of them at each step.

    They stand in front, in the order of time; where a whole part still waits the rest does too, or
    leaves when somebody comes to its page.
    """
    for part in _not_expired(tally, view, [case[:2] for case in tally.open_cases(view)]):
        if len(part) == _PART:
            return
        yield


def _not_expired(
    tally: Tally, view: View, waiting: Sequence[tuple[int, str]]
) -> Iterator[list[tuple[int, DecisionState, list[Entry]]]]:
    for start in range(0, len(waiting), _PART):
        part = waiting[start : start + _PART]
        entries = view.entries_of_decisions([decision for _, decision in part])
        states = [(seq, DecisionState.of(entries[each]), entries[each]) for seq, each in part]
        for seq, state, _ in states:
            if state.status(view.now) == "EXPIRED":
                tally.leave(state.decision_id, seq)
        yield [case for case in states if case[1].status(view.now) != "EXPIRED"]


def _case(view: View, state: DecisionState, entries: list[Entry], seq: int) -> dict[str, Any]:
    since = next(entry for entry in entries if entry.seq == seq)
    return {
        **told(state, view.now),
        "seq": seq,
        "place_code": state.place_code,
        "waiting_since": since.recorded_at,
        "asked_for_by_member": state.is_for_member,
    }
