"""The ledger behind HTTP: the one a request uses, its answers as sent, its refusals as problems."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request, Response

from api.http.problem_kinds import IN_PROGRESS, KEY_REUSED, LEDGER_AWAY, LEDGER_BUSY
from api.http.problems import Kind, ProblemError
from api.ledger.commands import Answer
from api.ledger.errors import (
    InProgressError,
    KeyReusedError,
    LedgerAwayError,
    LedgerBusyError,
    LedgerRefusalError,
)
from api.ledger.writer import Ledger

LEDGER_PROBLEMS: Mapping[type[LedgerRefusalError], Kind] = {
    LedgerAwayError: LEDGER_AWAY,
    LedgerBusyError: LEDGER_BUSY,
    InProgressError: IN_PROGRESS,
    KeyReusedError: KEY_REUSED,
}


def kind_of(error: ProblemError | LedgerRefusalError) -> Kind:
    """Return the kind of problem that `error` is answered with."""
    return error.kind if isinstance(error, ProblemError) else LEDGER_PROBLEMS[type(error)]


async def ledger_of(request: Request) -> Ledger:
    """Return the ledger behind `request`."""
    found: Ledger = request.app.state.ledger
    return found


def sent(answer: Answer) -> Response:
    """Return the answer as HTTP sends it: the very bytes that the ledger keeps for retries."""
    return Response(
        answer.body, answer.status, headers=dict(answer.headers), media_type="application/json"
    )
