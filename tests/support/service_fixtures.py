"""A service over real HTTP on a home of its own, and an officer who asks it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.callers import headers_of
from tests.support.running_service import home_to_write_in, serving

ASKED = {"member_id": "", "amount_yuan": 5_000, "months": 12, "purpose": "inputs"}
ID_NUMBER = "999901197001010014"


@pytest.fixture(scope="module")
def service_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the service logs."""
    return tmp_path_factory.mktemp("log") / "serve.log"


@pytest.fixture(scope="module")
def service(published_home: Path, service_log: Path) -> Iterator[httpx.Client]:
    """An officer's client of a service that runs."""
    home = home_to_write_in(published_home, service_log.parent)
    with (
        serving(home, service_log) as running,
        httpx.Client(
            base_url=running.url,
            headers=headers_of(running.settings, ["officer"]),
            trust_env=False,
        ) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def published_rows(published_home: Path) -> list[dict[str, Any]]:
    """The rows of the published edition."""
    import pyarrow.parquet as pq

    found: list[dict[str, Any]] = pq.read_table(published_home / "rows.parquet").to_pylist()
    return found


def decide(service: httpx.Client, **asked: Any) -> httpx.Response:
    """Ask for a decision under a key of its own."""
    key = {"Idempotency-Key": str(uuid.uuid4())}
    return service.post("/v1/decisions", json={**ASKED, **asked}, headers=key)
