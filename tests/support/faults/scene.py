"""The setting of a fault: a home, a ledger, a load, and the check afterwards."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.support.faults.evidence import collect_evidence
from tests.support.ledger.postgres import Postgres
from tests.support.load.client import Plan, measure
from tests.support.service.running import Running, questions, serving, wait_until

#: Statuses that a fault may cause; the refusals ask the client to retry.
ALLOWED_STATUSES = {"200", "409", "503"}
#: Upper bound of rounds over all members in a turn, also for a small home on a fast machine.
_ROUNDS_OF_A_TURN = 50


class NotPermittedError(Exception):
    """This machine or account does not permit the fault."""


@dataclass
class Scene:
    """Folder, home, environment and, if it has the ledger, PostgreSQL server of one fault."""

    folder: Path
    home: Path
    environment: dict[str, str]
    postgres: Postgres | None

    @contextmanager
    def serving(
        self,
        port: int | None = None,
        clock: Callable[[], float] = time.time,
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> Iterator[Running]:
        """Run the service on this home and ledger; `clock` gives the time of callers' tokens."""
        log, environment = self.folder / "serve.log", {**self.environment, **variables}
        with serving(self.home, log, port=port, clock=clock, **environment) as running:
            yield running

    def plan(
        self, running: Running, seconds: float, *, turn: int = 0, connections: int = 8
    ) -> Plan:
        """Return a load that collects every answer; no two turns ask the same question."""
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
            collect=1_000_000,
        )

    def check(self, running: Running, plan: Plan, figures: dict[str, Any]) -> tuple[bool, str]:
        """Compare the acknowledged answers with the ledger, and check the statuses of refusals."""
        found = collect_evidence(running, plan, figures, self.environment)
        statuses = {status: each["count"] for status, each in figures["answers"].items()}
        line = f"{found}; answers by status {statuses}, {len(figures['unanswered'])} never answered"
        return found.holds and set(statuses) <= ALLOWED_STATUSES and found.acknowledged > 0, line


def merge_figures(figures: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of several loads as one."""
    answers: dict[str, dict[str, int]] = {}
    collected, unanswered = [], []
    for found in figures:
        collected += found["collected"]
        unanswered += found["unanswered"]
        for status, each in found["answers"].items():
            answers.setdefault(status, {"count": 0})["count"] += each["count"]
    return {"collected": collected, "unanswered": unanswered, "answers": answers}


@contextmanager
def loading(plan: Plan) -> Iterator[dict[str, Any]]:
    """Run `plan` during the block; the mapping has its figures after the block."""
    found: dict[str, Any] = {}
    thread = threading.Thread(target=lambda: found.update(measure(plan)))
    thread.start()
    try:
        yield found
    finally:
        thread.join()


@contextmanager
def loading_repeatedly(plans: Iterable[Plan]) -> Iterator[dict[str, Any]]:
    """Run one plan after another until the block ends; figures as in `loading`."""
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
        found.update(merge_figures(done))


def wait_until_ready(running: Running, seconds: float = 30) -> None:
    """Wait until the service is ready again without a restart."""
    wait_until(lambda: running.get("/ready")[0] == 200, "ready again", seconds=seconds)


def wait_until_not_ready(running: Running, seconds: float = 30) -> None:
    """Wait until the service is not ready."""
    wait_until(lambda: running.get("/ready")[0] == 503, "not ready", seconds=seconds)
