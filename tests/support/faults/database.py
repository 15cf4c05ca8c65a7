"""Faults of the database: locked by another, restarted, out of connections."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from tests.support.faults.scene import NotPermittedError, Scene, falls, heals, loading, together
from tests.support.ledger.postgres import Postgres

_LOCKED_SECONDS = 5
#: The advisory lock that whoever appends to the ledger holds.
_CHAIN_LOCK = 0x524F4E475A49
_TAKER = "taker"


def locked(scene: Scene) -> tuple[bool, str]:
    """Let another process hold the ledger's lock for five seconds."""
    with scene.serving() as running:
        plan = scene.plan(running, _LOCKED_SECONDS + 4)
        with loading(plan) as found:
            time.sleep(1.5)
            with _lock(scene):
                time.sleep(_LOCKED_SECONDS)
            heals(running)
        held, told = scene.judged(running, plan, found)
    slowest = found["answers"].get("503", {}).get("max", 0)
    return held, f"held for {_LOCKED_SECONDS} s, refused within {slowest:.0f} ms: {told}"


def restarted(scene: Scene, times: int) -> tuple[bool, str]:
    """Stop the database server as if it were killed, again and again, and start it."""
    server = _server(scene)
    figures: list[dict[str, Any]] = []
    with scene.serving() as running:
        for turn in range(times):
            plan = scene.plan(running, 6, turn=turn)
            with loading(plan) as found:
                time.sleep(1.5)
                server.stop("immediate")
                falls(running)
                server.restart()
                heals(running)
            figures.append(found)
        held, told = scene.judged(running, plan, together(figures))
    return held, f"{times} restarts, healed each time: {told}"


def connections_exhausted(scene: Scene) -> tuple[bool, str]:
    """Take every connection the server has, cut the service's own, then let go."""
    _server(scene)
    with scene.serving() as running, ExitStack() as taken:
        plan = scene.plan(running, 10)
        with loading(plan) as found:
            time.sleep(1.5)
            _take_all(taken, scene.environment["RONGZI_DATABASE_URL"])
            falls(running)
            taken.close()
            heals(running)
        held, told = scene.judged(running, plan, found)
    return held and "503" in found["answers"], f"healed when connections were free: {told}"


def _server(scene: Scene) -> Postgres:
    if scene.postgres is None:
        raise NotPermittedError("SQLite has no server; run this with --database postgres")
    return scene.postgres


@contextmanager
def _lock(scene: Scene) -> Iterator[None]:
    if scene.postgres is None:
        with sqlite3.connect(scene.home / "ledger" / "ledger.db", isolation_level=None) as holder:
            holder.execute("BEGIN IMMEDIATE")
            yield
            holder.execute("ROLLBACK")
        holder.close()
        return
    import psycopg

    with psycopg.connect(scene.environment["RONGZI_DATABASE_URL"]) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])
        yield


def _take_all(taken: ExitStack, address: str) -> None:
    """Take what is free, cut the service's own connections, and take those too."""
    import psycopg

    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name <> %s"
    holder = taken.enter_context(psycopg.connect(address, application_name=_TAKER, autocommit=True))
    for _ in range(20):
        with suppress(psycopg.OperationalError):
            while True:
                taken.enter_context(psycopg.connect(address, application_name=_TAKER))
        holder.execute(f"{others} AND backend_type = 'client backend'", [_TAKER])
