"""Steps that block, such as those that check a password or write to the audit, on a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api.core.log import log
from api.http.problem_kinds import LEDGER_AWAY
from api.http.problems import ProblemError
from model.errors import LedgerError

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
