"""A branch whose service runs in this process: one decision, and callers of any role and place."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

ELSEWHERE = "999999"
NO_DECISION = "00000000-0000-4000-8000-000000000000"


class Branch:
    """A running service with one decision, and callers of any role and place."""

    def __init__(self, home: Path, bearer: Callable[..., dict[str, str]]) -> None:
        import pyarrow.parquet as pq

        from api.core.settings import Settings
        from api.server.app import create_app

        self.home, self._bearer = home, bearer
        self.app: FastAPI = create_app(Settings(home), lambda: date(2023, 10, 9))
        self.routes = {
            operation["operationId"]: (method, path)
            for path, operations in self.app.openapi()["paths"].items()
            for method, operation in operations.items()
        }
        rows = pq.read_table(home / "rows.parquet").to_pylist()
        self.member: dict[str, Any] = next(r for r in rows if r["tier"] == "FIRST")
        self.decision = NO_DECISION
        self.loop = asyncio.new_event_loop()

    def headers(self, *roles: str, places: tuple[str, ...] = ("",)) -> dict[str, str]:
        subject = f"{'-'.join(roles)}.{'.'.join(places) or 'all'}"[:60]
        return self._bearer(self.home, *roles, places=places, subject=subject)

    def ask(self, route: str, headers: dict[str, str], **named: str) -> httpx.Response:
        """Ask `route` about this branch's member and decision, or those `named`."""
        names = {"member_id": self.member["member_id"], "decision_id": self.decision} | named
        method, address = self.routes[route][0], self.address(route, names)
        return self.send(method, address, headers, names["member_id"])

    def address(self, route: str, names: dict[str, str]) -> str:
        names = names | {"number": "1", "name": "not-found"}
        return re.sub(r"\{(\w+)\}", lambda found: names[found[1]], self.routes[route][1])

    def post(self, route: str, headers: dict[str, str], body: bytes) -> httpx.Response:
        """Send the very bytes of `body`."""
        names = {"member_id": self.member["member_id"], "decision_id": self.decision}
        headers = {"Content-Type": "application/json", "Idempotency-Key": "bytes-1"} | headers
        sent = self.client.post(self.address(route, names), content=body, headers=headers)
        return self.loop.run_until_complete(sent)

    def send(self, method: str, address: str, headers: dict[str, str], member: str = "") -> Any:
        body = {"member_id": member, "amount_yuan": 5_000, "months": 12, "purpose": "inputs"}
        key = {"Idempotency-Key": f"{address}-{len(headers)}"}
        sent = {"json": body, "headers": headers | key} if method == "post" else {
            "headers": headers
        }  # fmt: skip
        return self.loop.run_until_complete(self.client.request(method, address, **sent))

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        import httpx

        transport = httpx.ASGITransport(self.app, client=("192.0.2.7", 1))
        async with (
            self.app.router.lifespan_context(self.app),
            httpx.AsyncClient(transport=transport, base_url="http://service") as self.client,
        ):
            yield


@pytest.fixture(scope="module")
def branch(
    published_home: Path,
    tmp_path_factory: pytest.TempPathFactory,
    bearer: Callable[..., dict[str, str]],
) -> Iterator[Branch]:
    home = tmp_path_factory.mktemp("matrix") / "home"
    shutil.copytree(published_home, home)
    for key in ("vault.key", "blind.key", "ledger.pem", "ledger.pub"):
        (home / "keys" / key).unlink(missing_ok=True)
    made = Branch(home, bearer)
    opened = made.opened()
    made.loop.run_until_complete(opened.__aenter__())
    made.decision = made.ask("post_decision", made.headers("officer")).json()["decision_id"]
    yield made
    made.loop.run_until_complete(opened.__aexit__(None, None, None))
    made.loop.close()
