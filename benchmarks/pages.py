"""Time of the service for every page of the console and every role, and the size of each page.

    python -m benchmarks.pages --home data [--requests 100] [--only villages]

The application answers in this process, so no network counts; the commit of the access record and
its sync to disk do. Processor time hardly depends on other work of the machine. The ledger holds
decisions and payments in the officer's county. Each request is for another member or decision, so
that none is fast because the one before was for the same. `--home` is only read.
"""

from __future__ import annotations

import asyncio
import gzip
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

import click
import httpx

from api.access.account import Account
from api.access.accounts import Accounts
from api.access.issuer import Issuer
from api.console.routes import PAGES
from api.core.principal import ROLES, Role
from api.core.settings import AccessSettings, Settings
from api.editions.demo import demo_day
from api.editions.edition import PlaceFilter
from api.editions.in_use import Resources, today_in_china
from api.ledger.writer import Ledger
from api.server.app import create_app
from tests.support.ledger.filling import asks, fill, loaded
from tests.support.service.callers import headers_of
from tests.support.service.running import home_to_write_in

_RUNS = "runs"
_BASE = "http://127.0.0.1"
_MEMBERS = 1_000
#: The account that asked for every decision: an officer lists those of their own.
_ASKER = "officer-1"
#: Another officer, who pays out: duties are kept apart.
_TELLER = "teller"
_EVERYBODY = "everybody"
_Values = Mapping[str, Iterator[str]]


@click.command()
@click.option("--home", default="data", type=click.Path(path_type=Path, exists=True))
@click.option("--requests", default=100, show_default=True, help="Of each page and role.")
@click.option("--decisions", default=2_000, show_default=True, help="In the ledger.")
@click.option("--payments", default=200, show_default=True, help="In the ledger.")
@click.option("--only", default="", help="Only pages whose path contains this.")
def main(home: Path, requests: int, decisions: int, payments: int, only: str) -> None:
    """Measure, and print a line a page and role."""
    with tempfile.TemporaryDirectory(prefix="rongzi-bench-") as folder:
        used = home_to_write_in(home, Path(folder))
        if (home / _RUNS).exists():
            shutil.copytree(home / _RUNS, used / _RUNS)
        settings = Settings(used, access=AccessSettings(rate_per_second=1_000_000, burst=1_000_000))
        resources = loaded(used)
        _decide(settings, resources, decisions)
        asyncio.run(_measure(settings, resources, requests, payments, only))


def _decide(settings: Settings, resources: Resources, count: int) -> None:
    ledger = Ledger.open(settings)
    today = demo_day(settings.home) or today_in_china()
    fill(ledger, (replace(command, today=today) for command in asks(resources, count)))
    ledger.close()


async def _measure(
    settings: Settings, resources: Resources, requests: int, payments: int, only: str
) -> None:
    county = resources.edition.funnel("county", PlaceFilter())[0]["place_code"]
    accounts, app = _accounts(settings, county), create_app(settings)
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 2))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=_BASE) as client,
    ):
        office = _Office(client, resources, accounts)
        await office.prepare(payments)
        print(f"{'page':62} {'role':9} {'median ms':>9} {'p99':>8} {'processor':>9} {'KiB':>6}")
        for role in ROLES:
            name = _ASKER if role == "officer" else role
            client.cookies = httpx.Cookies({"rongzi-session": office.token(name)})
            for path in dict.fromkeys(page.path for page in PAGES if page.method == "GET"):
                if only in path:
                    await _page(client, path, role, office.values, requests)


async def _page(
    client: httpx.AsyncClient, path: str, role: Role, values: _Values, count: int
) -> None:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    if missing := [name for name in names if name not in values]:
        print(f"{path:62} {role:9} this home has no {missing[0]}")
        return
    if (first := await client.get(_address(path, names, values))).status_code != 200:
        if first.status_code not in (303, 403):
            print(f"{path:62} {role:9} answered {first.status_code}")
        return
    spent, busy, sizes = [], [], []
    for _ in range(count):
        address = _address(path, names, values)
        began, worked = time.perf_counter(), time.process_time()
        answer = await client.get(address)
        spent.append((time.perf_counter() - began) * 1000)
        busy.append((time.process_time() - worked) * 1000)
        answer.raise_for_status()
        sizes.append(len(gzip.compress(answer.content)) / 1024)
    late = sorted(spent)[len(spent) * 99 // 100]
    figures = f"{median(spent):9.1f} {late:8.1f} {median(busy):9.1f} {max(sizes):6.1f}"
    print(f"{path:62} {role:9} {figures}", flush=True)


def _address(path: str, names: Sequence[str], values: _Values) -> str:
    return path.format_map({name: next(values[name]) for name in names})


def _accounts(settings: Settings, county: str) -> dict[str, Account]:
    """Return accounts by name: an officer's is of `county`, the others' of everywhere.

    They are made before the service runs, which holds the file that their making is sealed in.
    """
    for role in ROLES:
        headers_of(settings, [role], subject=role)
    headers_of(settings, ROLES, subject=_EVERYBODY)
    headers_of(settings, ["officer"], (county,), _ASKER)
    headers_of(settings, ["officer"], (county,), _TELLER)
    with closing(Accounts(settings)) as accounts:
        return {account.name: account for account in accounts.all()}


class _Office:
    """Callers, payments in the ledger, and what the addresses of pages name."""

    def __init__(
        self, client: httpx.AsyncClient, resources: Resources, accounts: Mapping[str, Account]
    ) -> None:
        self._client, self._resources, self._accounts = client, resources, accounts
        self._issuer = Issuer(resources.edition.folder.parent.parent)
        self.values: dict[str, Iterator[str]] = {}

    def token(self, name: str) -> str:
        """Return a new token of an account."""
        return self._issuer.token(self._accounts[name])

    def headers(self, name: str) -> dict[str, str]:
        """Return the header of an account."""
        return {"Authorization": f"Bearer {self.token(name)}"}

    async def prepare(self, payments: int) -> None:
        """Pay out, and find values for the addresses of pages."""
        await self._pay(payments)
        await self._find_values()

    async def _pay(self, count: int) -> None:
        paid = 0
        async for row in self._decisions("APPROVE"):
            if paid == count:
                return
            headers = {**self.headers(_TELLER), "Idempotency-Key": f"pay-{row['decision_id']}"}
            answer = await self._client.post(
                f"/v1/decisions/{row['decision_id']}/disbursements",
                json={"amount_yuan": min(row["approved_yuan"], 20_000)},
                headers=headers,
            )
            paid += answer.is_success

    async def _find_values(self) -> None:
        edition = self._resources.edition
        rows = edition.page(PlaceFilter(), None, None, _MEMBERS)
        decisions = [row["decision_id"] async for row in self._decisions()]
        digest = self._resources.card.digest
        named = {
            "member_id": [row["member_id"] for row in rows],
            "village_code": list(dict.fromkeys(row["village_code"] for row in rows)),
            "decision_id": decisions,
            "edition": [edition.folder.name],
            "digest": [digest],
            "other_digest": [digest],
            "account_name": [_ASKER],
            "file_number": ["1"],
            "import_id": [row["id"] for row in await self._get("/v1/imports")],
            "run_id": [row["id"] for row in await self._get("/v1/models/runs")],
        }
        self.values = {name: cycle(found) for name, found in named.items() if found}

    async def _decisions(self, outcome: str | None = None) -> AsyncIterator[dict[str, Any]]:
        cursor = None
        while True:
            page = await self._get("/v1/decisions", outcome=outcome, cursor=cursor)
            for row in page["rows"]:
                yield row
            if (cursor := page["next_cursor"]) is None:
                return

    async def _get(self, path: str, **asked: str | None) -> Any:
        query = {name: value for name, value in asked.items() if value is not None}
        answer = await self._client.get(path, params=query, headers=self.headers(_EVERYBODY))
        answer.raise_for_status()
        return answer.json()


if __name__ == "__main__":
    main()
