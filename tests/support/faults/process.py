"""Faults of the process: killed, its answers lost, its clock moved."""

from __future__ import annotations

import random
import socket
import time
from functools import partial
from typing import Any

from tests.support.faults.evidence import asked_again
from tests.support.faults.preloaded import Preloaded
from tests.support.faults.scene import Scene, loading, together
from tests.support.service.ports import free_port

_BETWEEN_KILLS = 0.8
_DAY = 86_400


def kills(scene: Scene, times: int) -> tuple[bool, str]:
    """SIGKILL the whole service again and again while decisions are made."""
    port = free_port()
    figures: list[dict[str, Any]] = []
    for turn in range(times):
        with scene.serving(port) as running:
            with loading(scene.plan(running, _BETWEEN_KILLS, turn=turn)) as found:
                # The client needs a moment to start; then the blow falls at any instant.
                time.sleep(0.5 + random.uniform(0.2, _BETWEEN_KILLS))
                running.kill()
            figures.append(found)
    with scene.serving(port) as running:
        held, told = scene.judged(running, scene.plan(running, 0), together(figures))
    return held, f"{times} kills: {told}"


def answer_lost(scene: Scene, times: int) -> tuple[bool, str]:
    """Leave before a committed decision is answered, then ask again under the same key."""
    with scene.serving() as running:
        plan = scene.plan(running, 0)
        requests = plan.requests()
        asked = [next(requests) for _ in range(times)]
        for _, request in asked:
            with socket.create_connection(("127.0.0.1", running.port)) as gone:
                gone.sendall(request)
                time.sleep(random.uniform(0, 0.02))
        found = [[asked_again(running, plan, key) for _ in range(2)] for key, _ in asked]
        kept = [(key, twice[0][1]) for (key, _), twice in zip(asked, found, strict=True)]
        same = all(first == second and first[0] == 200 for first, second in found)
        figures = {"kept": kept, "unanswered": [], "answers": {"200": {"count": times}}}
        held, told = scene.judged(running, plan, figures)
    return held and same, f"{times} answers lost: {told}"


def clock_moved(scene: Scene) -> tuple[bool, str]:
    """Run with a clock that is a day ahead, then two days behind, then right again."""
    figures: list[dict[str, Any]] = []
    preloaded = Preloaded.built(scene.folder, "moved_clock.c")
    for turn, days in enumerate((1, -2, 0)):
        moved = days * _DAY
        told = preloaded.environment | {"RONGZI_CLOCK_MOVED": str(moved)}
        with scene.serving(clock=partial(_moved, moved), **told) as running:
            plan = scene.plan(running, 2, turn=turn)
            with loading(plan) as found:
                pass
            figures.append(found)
            held, told_of = scene.judged(running, plan, together(figures))
            if not held:
                return False, f"clock {days:+} days: {told_of}"
    return held, f"clock moved +1, -2, 0 days: {told_of}"


def _moved(seconds: float) -> float:
    """Return what a clock says that is wrong by so many seconds."""
    return time.time() + seconds
