"""Loans that run by the calendar, whatever became of the decision they were paid on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import groupby

from api.ledger.entries import Entry
from api.lending.state import DecisionState, Draw


def states_of(entries: Iterable[Entry]) -> list[DecisionState]:
    """Return the state of each decision that `entries` speak of."""
    on_decisions = [entry for entry in entries if entry.decision_id]
    on_decisions.sort(key=lambda entry: entry.decision_id or "")
    return [
        DecisionState.of(group)
        for _, group in groupby(on_decisions, key=lambda entry: entry.decision_id)
    ]


def running_draws(state: DecisionState, today: date) -> list[Draw]:
    """Return the payments on a decision that were not cancelled and whose term is not over."""
    return [
        draw
        for draw in state.draws
        if not draw.is_cancelled and _months_later(draw.on, state.months) > today
    ]


def _months_later(day: date, months: int) -> date:
    """Return the first day of the month after a loan of `months` from `day` has run its term."""
    year, month = divmod(day.year * 12 + day.month + months, 12)
    return date(year, month + 1, 1)
