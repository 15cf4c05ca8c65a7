"""Faults of the process: killed, answers lost, clock moved."""

from __future__ import annotations

import random
import socket
import time
from functools import partial
from typing import Any

from tests.support.faults.evidence import retry
from tests.support.faults.preloaded import Preloaded
from tests.support.faults.scene import Scene, loading, merge_figures
from tests.support.service.ports import free_port

_BETWEEN_KILLS = 0.8
_DAY = 86_400


def kills(scene: Scene, times: int) -> tuple[bool, str]:
    """SIGKILL the service repeatedly while it decides."""
    port = free_port()
    figures: list[dict[str, Any]] = []
    for turn in range(times):
        with scene.serving(port) as running:
            with loading(scene.plan(running, _BETWEEN_KILLS, turn=turn)) as found:
                # The client needs a moment to start; the kill comes at a random time after that.
                time.sleep(0.5 + random.uniform(0.2, _BETWEEN_KILLS))
                running.kill()
            figures.append(found)
    with scene.serving(port) as running:
        passed, line = scene.check(running, scene.plan(running, 0), merge_figures(figures))
    return passed, f"{times} kills: {line}"


def answer_lost(scene: Scene, times: int) -> tuple[bool, str]:
    """Disconnect before the answer of a committed decision, then retry under the same key."""
    with scene.serving() as running:
        plan = scene.plan(running, 0)
        requests = plan.requests()
        sent = [next(requests) for _ in range(times)]
        for _, request in sent:
            with socket.create_connection(("127.0.0.1", running.port)) as connection:
                connection.sendall(request)
                time.sleep(random.uniform(0, 0.02))
        retries = [[retry(running, plan, key) for _ in range(2)] for key, _ in sent]
        collected = [(key, pair[0][1]) for (key, _), pair in zip(sent, retries, strict=True)]
        same = all(first == second and first[0] == 200 for first, second in retries)
        figures = {"collected": collected, "unanswered": [], "answers": {"200": {"count": times}}}
        passed, line = scene.check(running, plan, figures)
    return passed and same, f"{times} answers lost: {line}"


def clock_moved(scene: Scene) -> tuple[bool, str]:
    """Run with a clock a day ahead, then two days behind, then correct."""
    figures: list[dict[str, Any]] = []
    preloaded = Preloaded.build(scene.folder, "moved_clock.c")
    for turn, days in enumerate((1, -2, 0)):
        moved = days * _DAY
        environment = preloaded.environment | {"RONGZI_CLOCK_MOVED": str(moved)}
        with scene.serving(clock=partial(_moved, moved), variables=environment) as running:
            plan = scene.plan(running, 2, turn=turn)
            with loading(plan) as found:
                pass
            figures.append(found)
            passed, line = scene.check(running, plan, merge_figures(figures))
            if not passed:
                return False, f"clock {days:+} days: {line}"
    return passed, f"clock moved +1, -2, 0 days: {line}"


def _moved(seconds: float) -> float:
    """Return the time of a clock that is wrong by `seconds`."""
    return time.time() + seconds
