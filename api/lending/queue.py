"""The review queue: cases that wait for a person, longest wait first, bounded by place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from api.ledger.commands import View
from api.ledger.entries import Entry
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
    waiting = [
        (seq, decision)
        for seq, decision, place_code in tally.open_cases(view)
        if seq > after and reaches(place_code)
    ]
    for seq, state, entries in _stood(view, waiting, size + 1):
        if state.status(view.now) in OPEN and view.member_of(state.subject_id) is not None:
            if len(rows) == size:
                return rows, rows[-1]["seq"]
            rows.append(_case(view, state, entries, seq))
    return rows, None


def _stood(
    view: View, waiting: Sequence[tuple[int, str]], at_once: int
) -> Iterator[tuple[int, DecisionState, list[Entry]]]:
    """Yield how each case stands, reading as many `at_once` as one page needs."""
    for start in range(0, len(waiting), at_once):
        part = waiting[start : start + at_once]
        entries = view.entries_of_decisions([decision for _, decision in part])
        for seq, decision in part:
            yield seq, DecisionState.of(entries[decision]), entries[decision]


def _case(view: View, state: DecisionState, entries: list[Entry], seq: int) -> dict[str, Any]:
    since = next(entry for entry in entries if entry.seq == seq)
    return {
        **told(state, view.now),
        "seq": seq,
        "place_code": state.place_code,
        "waiting_since": since.recorded_at,
        "asked_for_by_member": state.is_for_member,
    }
