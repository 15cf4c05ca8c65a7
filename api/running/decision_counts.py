"""What a decision's answer adds to the log line and the metrics of its request."""

from __future__ import annotations

import re

from fastapi import Request

from api.ledger.commands import Answer
from api.running.door import note
from api.running.metrics import DECISIONS

# The answer leaves as the bytes that were kept; parsing them again would cost more than all this.
_TOLD = re.compile(
    rb'"(?:decision_id":"(?P<id>[0-9a-f-]{36})|outcome":"(?P<outcome>[A-Z]+)|tier":"(?P<tier>[A-Z]+))"'
)


def count_decision(request: Request, answer: Answer) -> None:
    """Note the decision's id and count its outcome and tier."""
    told = {found.lastgroup: found[found.lastgroup or 0] for found in _TOLD.finditer(answer.body)}
    if {"id", "outcome", "tier"} <= told.keys():
        note(request, decision_id=told["id"].decode())
        DECISIONS.labels(told["outcome"].decode(), told["tier"].decode()).inc()
