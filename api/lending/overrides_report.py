"""The report of overrides: who overruled the service, where, how often and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from api.ledger.commands import View
from api.ledger.entries import Entry
from api.lending.state import RULINGS

_PART = 1_000


def overrides(view: View, reaches: Callable[[str], bool]) -> list[dict[str, Any]]:
    """Return counts by officer, village, reason and direction, most frequent first.

    A review counts where it approved what the service had declined: that overrules it too. One that
    settled a referred case does not, because the service had left the answer to a person.
    """
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for entry in _ruled(view):
        if not reaches(entry.place_code) or not _overrules(entry):
            continue
        via = "override" if entry.kind == "OVERRIDDEN" else "review"
        reason = str(entry.body.get("reason_code"))
        key = entry.actor, entry.place_code, reason, str(entry.outcome), via
        names = ("officer", "place_code", "reason_code", "direction", "via")
        row = found.setdefault(
            key, {**dict(zip(names, key, strict=True)), "count": 0, "amount_yuan": 0}
        )
        row["count"] += 1
        row["amount_yuan"] += entry.amount_yuan or 0
    return [row for _, row in sorted(found.items(), key=lambda item: (-item[1]["count"], item[0]))]


def _overrules(entry: Entry) -> bool:
    if entry.kind == "OVERRIDDEN":
        return True
    return entry.outcome == "APPROVE" and entry.body.get("outcome_before") == "DECLINE"


def _ruled(view: View) -> Iterator[Entry]:
    after = 0
    while part := view.entries_where(RULINGS, after=after, most=_PART):
        yield from part
        after = part[-1].seq
