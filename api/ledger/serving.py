"""Between HTTP and the ledger: whose ledger a request uses, and an answer as it is sent."""

from __future__ import annotations

from fastapi import Request, Response

from api.ledger.commands import Answer
from api.ledger.writer import Ledger


async def ledger_of(request: Request) -> Ledger:
    """Return the ledger behind `request`."""
    found: Ledger = request.app.state.ledger
    return found


def sent(answer: Answer) -> Response:
    """Return the answer as HTTP sends it: the very bytes that were kept for retries."""
    return Response(
        answer.body, answer.status, headers=dict(answer.headers), media_type="application/json"
    )
