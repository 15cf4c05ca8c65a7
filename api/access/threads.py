"""Steps that block, such as those that check a password or write to the audit, on a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api.access.order_rows import OrderRefusedError
from api.core.log import log
from api.http.fields import EXPECTED
from api.http.problem_kinds import INVALID_BODY, LEDGER_AWAY
from api.http.problems import FieldError, ProblemError
from model.errors import AccessError, LedgerError

P = ParamSpec("P")
T = TypeVar("T")


async def on_thread(step: Callable[P, T], *values: P.args, **named: P.kwargs) -> T:
    """Return what `step` returns, on a thread; it does nothing that it cannot record.

    Raises
    ------
    ProblemError
        503 if the database is away.
    """
    try:
        return await asyncio.to_thread(step, *values, **named)
    except (DBAPIError, PoolTimeoutError, OSError, LedgerError) as error:
        log.warning("database away", why=type(error).__qualname__)
        raise ProblemError(LEDGER_AWAY) from error


async def order_on_thread(step: Callable[[], T], field: str) -> T:
    """Return what a `step` on an order returns, on a thread; an order may get `field` wrong.

    Raises
    ------
    ProblemError
        The refusal of the order; 422 if the change that it asks for is impossible; 503 if the
        database is away.
    """
    try:
        return await on_thread(step)
    except OrderRefusedError as refused:
        raise ProblemError(refused.kind) from refused
    except AccessError as error:
        raise ProblemError(INVALID_BODY, [FieldError(field, EXPECTED[field])]) from error
