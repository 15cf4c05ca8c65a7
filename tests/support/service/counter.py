"""A branch counter that asks a service running in this process, as an officer's client does."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx


@dataclass
class Counter:
    """A branch counter: asks the running service, in this process, as its client does."""

    home: Path
    headers: dict[str, str]
    client: httpx.AsyncClient
    loop: asyncio.AbstractEventLoop
    _keys: Iterator[int] = field(default_factory=itertools.count)

    def ask(self, member: str, yuan: int = 10_000, months: int = 12) -> dict[str, Any]:
        """Return the decision on a request of `member`."""
        body = {"member_id": member, "amount_yuan": yuan, "months": months, "purpose": "inputs"}
        key = {"Idempotency-Key": f"cases-{next(self._keys)}"}
        posted = self.client.post("/v1/decisions", json=body, headers=self.headers | key)
        return self._answer(posted)

    def explain(self, member: str, yuan: int = 10_000, months: int = 12) -> dict[str, Any]:
        """Return the explanation of the decision on a request of `member`."""
        decision = self.ask(member, yuan, months)["decision_id"]
        return self._answer(
            self.client.get(f"/v1/decisions/{decision}/explanation", headers=self.headers)
        )

    def _answer(self, response: Coroutine[Any, Any, httpx.Response]) -> dict[str, Any]:
        answered = self.loop.run_until_complete(response)
        assert answered.status_code == 200, answered.text
        found: dict[str, Any] = answered.json()
        return found
