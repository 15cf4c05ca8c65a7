"""Faults of the database: locked by another process, restarted, out of connections."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from tests.support.faults.scene import (
    NotPermittedError,
    Scene,
    loading,
    merge_figures,
    wait_until_not_ready,
    wait_until_ready,
)
from tests.support.ledger.postgres import Postgres

_LOCKED_SECONDS = 5
#: The advisory lock of whoever appends to the ledger.
_CHAIN_LOCK = 0x524F4E475A49
_HOLDER = "holder"


def locked(scene: Scene) -> tuple[bool, str]:
    """Hold the ledger's lock in another process for five seconds."""
    with scene.serving() as running:
        plan = scene.plan(running, _LOCKED_SECONDS + 4)
        with loading(plan) as found:
            time.sleep(1.5)
            with _lock(scene):
                time.sleep(_LOCKED_SECONDS)
            wait_until_ready(running)
        passed, line = scene.check(running, plan, found)
    slowest = found["answers"].get("503", {}).get("max", 0)
    return passed, f"held for {_LOCKED_SECONDS} s, refused within {slowest:.0f} ms: {line}"


def restarted(scene: Scene, times: int) -> tuple[bool, str]:
    """Stop the database server as by a kill and start it again, several times."""
    server = _server(scene)
    figures: list[dict[str, Any]] = []
    with scene.serving() as running:
        for turn in range(times):
            plan = scene.plan(running, 6, turn=turn)
            with loading(plan) as found:
                time.sleep(1.5)
                server.stop("immediate")
                wait_until_not_ready(running)
                server.restart()
                wait_until_ready(running)
            figures.append(found)
        passed, line = scene.check(running, plan, merge_figures(figures))
    return passed, f"{times} restarts, recovered each time: {line}"


def connections_exhausted(scene: Scene) -> tuple[bool, str]:
    """Occupy every connection of the server, cut those of the service, then release them."""
    _server(scene)
    with scene.serving() as running, ExitStack() as occupied:
        plan = scene.plan(running, 10)
        with loading(plan) as found:
            time.sleep(1.5)
            _occupy_all(occupied, scene.environment["RONGZI_DATABASE_URL"])
            wait_until_not_ready(running)
            occupied.close()
            wait_until_ready(running)
        passed, line = scene.check(running, plan, found)
    return passed and "503" in found["answers"], f"recovered when connections were free: {line}"


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


def _occupy_all(occupied: ExitStack, address: str) -> None:
    """Occupy the free connections, cut those of the service, and occupy these too."""
    import psycopg

    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name <> %s"
    holder = occupied.enter_context(
        psycopg.connect(address, application_name=_HOLDER, autocommit=True)
    )
    for _ in range(20):
        with suppress(psycopg.OperationalError):
            while True:
                occupied.enter_context(psycopg.connect(address, application_name=_HOLDER))
        holder.execute(f"{others} AND backend_type = 'client backend'", [_HOLDER])
