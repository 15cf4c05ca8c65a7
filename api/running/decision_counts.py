"""What a decision's answer adds to the log line and the metrics of its request."""

from __future__ import annotations

import re
from functools import cache

from fastapi import Request
from prometheus_client import Counter

from api.ledger.commands import Answer
from api.running.door import note
from api.running.metrics import DECISIONS

# The answer leaves as the bytes that were kept; parsing them again would cost more than all this.
_TOLD = re.compile(
    rb'\{"decision_id":"(?P<id>[0-9a-f-]{36})","outcome":"(?P<outcome>[A-Z]+)","tier":"(?P<tier>[A-Z]+)"'
)


def count_decision(request: Request, answer: Answer) -> None:
    """Note the decision's id and count its outcome and tier."""
    if told := _TOLD.match(answer.body):
        note(request, decision_id=told["id"].decode())
        _counter(told["outcome"].decode(), told["tier"].decode()).inc()


@cache
def _counter(outcome: str, tier: str) -> Counter:
    return DECISIONS.labels(outcome, tier)
