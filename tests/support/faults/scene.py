"""Where a fault takes place: a home, a ledger, a load, and the judgement afterwards."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.faults.evidence import evidence
from tests.support.ledger.postgres import Postgres
from tests.support.load.client import Plan, measure
from tests.support.service.running import Running, questions, serving, wait_until

#: Refusals that a fault may cause: the client is told to come again.
GRACEFUL = {"200", "409", "503"}
#: A turn asks each member at most so often; a small home on a fast machine comes round soon.
_ROUNDS_OF_A_TURN = 50


class NotPermittedError(Exception):
    """Said by a machine or account that does not permit the fault."""


@dataclass
class Scene:
    """One fault's own folder, home, environment and, if the ledger is there, PostgreSQL."""

    folder: Path
    home: Path
    environment: dict[str, str]
    postgres: Postgres | None

    @contextmanager
    def serving(
        self, port: int | None = None, clock: Callable[[], float] = time.time, **more: str
    ) -> Iterator[Running]:
        """Run the service on this scene's home and ledger; callers' tokens are made by `clock`."""
        log, told = self.folder / "serve.log", {**self.environment, **more}
        with serving(self.home, log, port=port, clock=clock, **told) as running:
            yield running

    def plan(
        self, running: Running, seconds: float, *, turn: int = 0, connections: int = 8
    ) -> Plan:
        """Return a load that keeps every answer; no two turns ask the same question."""
        bodies = questions(self.home)
        return Plan(
            port=running.port,
            path="/v1/decisions",
            bodies=bodies,
            first=turn * _ROUNDS_OF_A_TURN * len(bodies),
            connections=connections,
            seconds=seconds,
            headers=running.bearer,
            warm_seconds=0.0,
            key_prefix="fault",
            keep=1_000_000,
        )

    def judged(self, running: Running, plan: Plan, figures: dict[str, Any]) -> tuple[bool, str]:
        """Hold what was acknowledged against the ledger, and look at what was refused."""
        found = evidence(running, plan, figures, self.environment)
        statuses = {status: each["count"] for status, each in figures["answers"].items()}
        told = f"{found}; answers by status {statuses}, {len(figures['unanswered'])} never answered"
        return found.holds and set(statuses) <= GRACEFUL and found.acknowledged > 0, told


def together(figures: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of several loads as one."""
    answers: dict[str, dict[str, int]] = {}
    kept, unanswered = [], []
    for found in figures:
        kept += found["kept"]
        unanswered += found["unanswered"]
        for status, each in found["answers"].items():
            answers.setdefault(status, {"count": 0})["count"] += each["count"]
    return {"kept": kept, "unanswered": unanswered, "answers": answers}


@contextmanager
def loading(plan: Plan) -> Iterator[dict[str, Any]]:
    """Run `plan` beside the block; its figures are in the mapping after the block."""
    found: dict[str, Any] = {}
    thread = threading.Thread(target=lambda: found.update(measure(plan)))
    thread.start()
    try:
        yield found
    finally:
        thread.join()


@contextmanager
def loading_on(plans: Iterable[Plan]) -> Iterator[dict[str, Any]]:
    """Run one plan after another beside the block, however long it takes; figures as `loading`."""
    found: dict[str, Any] = {}
    done, over = [], threading.Event()

    def run() -> None:
        for plan in plans:
            if over.is_set():
                break
            done.append(measure(plan))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()
        found.update(together(done))


def heals(running: Running, seconds: float = 30) -> None:
    """Wait until the service is ready again, without a restart."""
    wait_until(lambda: running.get("/ready")[0] == 200, "ready again", seconds=seconds)


def falls(running: Running, seconds: float = 30) -> None:
    """Wait until the service says that it is not ready."""
    wait_until(lambda: running.get("/ready")[0] == 503, "not ready", seconds=seconds)
