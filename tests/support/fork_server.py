"""Child processes that start in milliseconds, because their modules are loaded before the fork."""

from __future__ import annotations

import multiprocessing
from functools import cache
from multiprocessing.context import ForkServerContext

#: A fork server loads modules once, before its first child, so everyone's are named here.
_LOADED = ["tests.support.ledger.killed_writer", "tests.support.faults.killed_runs"]


@cache
def fork_server() -> ForkServerContext:
    """Return the context of such processes."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    return context
