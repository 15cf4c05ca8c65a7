"""Processor time of the parts of a durable decision, by thread."""

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

#: Part → owner and name of its function. A nested part also counts in its parent.
PARTS: dict[str, tuple[Any, str]] = {
    "ledger thread, a group in all": (Store, "commit"),
    "  the commands": (store, "run_group"),
    "    kernel: knock-outs, points, offer, reasons": (api.decisions.commands, "decide_many"),
    "    answer and profile as JSON": (api.decisions.commands, "_decision"),
    "    pseudonyms of new members, encrypted": (api.decisions.commands, "_added"),
    "  rows into the tables": (Transaction, "flush"),
    "  checkpoint, signed": (store, "seal_commit"),
    "  commit": (RootTransaction, "commit"),
    "sealer thread, the checkpoint line": (Store, "seal"),
}


@contextmanager
def timed_parts() -> Iterator[dict[str, float]]:
    """Time the `PARTS` during the block; yield the seconds by part."""
    spent: dict[str, float] = defaultdict(float)
    originals = {part: getattr(owner, name) for part, (owner, name) in PARTS.items()}
    for part, (owner, name) in PARTS.items():
        setattr(owner, name, _timed(originals[part], part, spent))
    try:
        yield spent
    finally:
        for part, (owner, name) in PARTS.items():
            setattr(owner, name, originals[part])


def _timed(run: Callable[..., Any], part: str, spent: dict[str, float]) -> Callable[..., Any]:
    @wraps(run)
    def timed(*args: Any, **kwargs: Any) -> Any:
        started = time.thread_time()
        try:
            return run(*args, **kwargs)
        finally:
            spent[part] += time.thread_time() - started

    return timed
