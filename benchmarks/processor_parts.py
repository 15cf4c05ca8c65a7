"""Which part of a durable decision takes how much processor time, by the thread that spends it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from sqlalchemy.engine import RootTransaction

import api.decisions.commands
from api.ledger import store
from api.ledger.store import Store
from api.ledger.transaction import Transaction

#: Part → where its function is looked up. A part inside another is counted in both.
PARTS: dict[str, tuple[Any, str]] = {
    "ledger thread, a group in all": (Store, "commit"),
    "  the commands": (store, "run_group"),
    "    kernel: knock-outs, points, offer, reasons": (api.decisions.commands, "decide_many"),
    "    answer and profile as JSON": (api.decisions.commands, "_decision"),
    "    pseudonyms of new members, encrypted": (api.decisions.commands, "_added"),
    "  rows into the tables": (Transaction, "flush"),
    "  checkpoint, signed": (store, "seal_commit"),
    "  commit": (RootTransaction, "commit"),
    "sealer thread, the line outside": (Store, "seal"),
}


@contextmanager
def timed_parts() -> Iterator[dict[str, float]]:
    """Time the `PARTS` until the end of the block; yields seconds by part, filled as they go."""
    spent: dict[str, float] = defaultdict(float)
    were = {part: getattr(owner, name) for part, (owner, name) in PARTS.items()}
    for part, (owner, name) in PARTS.items():
        setattr(owner, name, _timed(were[part], part, spent))
    try:
        yield spent
    finally:
        for part, (owner, name) in PARTS.items():
            setattr(owner, name, were[part])


def _timed(run: Callable[..., Any], part: str, spent: dict[str, float]) -> Callable[..., Any]:
    @wraps(run)
    def timed(*given: Any, **named: Any) -> Any:
        began = time.thread_time()
        try:
            return run(*given, **named)
        finally:
            spent[part] += time.thread_time() - began

    return timed
