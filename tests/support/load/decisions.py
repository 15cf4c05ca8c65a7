"""Decisions asked for in one measurement after another, no question twice."""

from __future__ import annotations

import time
from typing import Any

from tests.support.load.client import Plan, measure
from tests.support.service.running import Running, questions

_PATH = "/v1/decisions"


class Asking:
    """Asks `running` for decisions; a question asked again would be answered from the ledger."""

    def __init__(self, running: Running) -> None:
        self._headers = running.bearer
        self._bodies = questions(running.home)
        self._next = 0

    def measured(
        self,
        port: int,
        connections: int,
        seconds: float,
        *,
        key_prefix: str,
        rate: float | None = None,
    ) -> dict[str, Any]:
        """Ask at `port` for so long and return the figures; see `Plan`."""
        found = measure(
            Plan(
                port=port,
                path=_PATH,
                bodies=self._bodies,
                connections=connections,
                seconds=seconds,
                headers=self._headers,
                rate=rate,
                warm_seconds=2.0,
                key_prefix=key_prefix,
                first=self._next,
            )
        )
        self._next = found["next"]
        return found

    def peak(self, port: int, connections: int, seconds: float) -> float:
        """Return the decisions a second at `port` where each answer is followed by a question."""
        prefix = f"peak{time.time_ns()}"
        return float(self.measured(port, connections, seconds, key_prefix=prefix)["goodput"])
