"""The rate limit of each caller, through the whole service."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import httpx

from tests.support.service.callers import headers_of
from tests.support.service.running import serving


def test_a_caller_above_the_limit_gets_a_retry_time_and_others_are_served(
    published_home: Path, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(published_home, tmp_path / "home"))
    limits = {"RONGZI_RATE_PER_SECOND": "1", "RONGZI_RATE_BURST": "3"}
    with serving(home, tmp_path / "log", **limits) as running:
        eager = headers_of(running.settings, ["analyst"], subject="eager")
        patient = headers_of(running.settings, ["analyst"], subject="patient")
        with httpx.Client(base_url=running.url, trust_env=False) as client:
            answers = [client.get("/v1/policy", headers=eager) for _ in range(30)]
            refused = [answer for answer in answers if answer.status_code == 429]
            assert [answer.status_code for answer in answers[:3]] == [200] * 3
            assert refused
            assert refused[0].json()["type"] == "/problems/too-many-requests"
            assert refused[0].headers["content-type"] == "application/problem+json"
            wait = int(refused[0].headers["Retry-After"])
            assert 1 <= wait <= 2
            assert client.get("/v1/policy", headers=patient).status_code == 200
            time.sleep(wait)
            assert client.get("/v1/policy", headers=eager).status_code == 200
    assert '"status":429' in running.log.read_text().replace(": ", ":")
