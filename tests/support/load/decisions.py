"""A load of decision requests over several measurements, without a repeated question."""

from __future__ import annotations

import time
from typing import Any

from tests.support.load.client import Plan, measure
from tests.support.service.running import Running, questions

_PATH = "/v1/decisions"


class DecisionLoad:
    """Sends decision requests to `running`.

    No question repeats, because the ledger would return the stored answer.
    """

    def __init__(self, running: Running) -> None:
        self._headers = running.bearer
        self._bodies = questions(running.home)
        self._next = 0

    def measure(
        self,
        port: int,
        connections: int,
        seconds: float,
        *,
        key_prefix: str,
        rate: float | None = None,
    ) -> dict[str, Any]:
        """Send requests to `port` for `seconds` and return the figures; see `Plan`."""
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
        """Return decisions a second at `port` if each connection sends after each answer."""
        prefix = f"peak{time.time_ns()}"
        return float(self.measure(port, connections, seconds, key_prefix=prefix)["goodput"])
