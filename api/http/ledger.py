"""The ledger over HTTP: its dependency, its answers as responses, its refusals as problems."""

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


def problem_kind(error: ProblemError | LedgerRefusalError) -> Kind:
    """Return the kind of problem that answers `error`."""
    return error.kind if isinstance(error, ProblemError) else LEDGER_PROBLEMS[type(error)]


async def get_ledger(request: Request) -> Ledger:
    """Return the ledger of the service that received `request`."""
    ledger: Ledger = request.app.state.ledger
    return ledger


def to_response(answer: Answer) -> Response:
    """Return `answer` as a response with the same bytes that the ledger stores for retries."""
    return Response(
        answer.body, answer.status, headers=dict(answer.headers), media_type="application/json"
    )
