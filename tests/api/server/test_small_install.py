"""The service runs where no learner, no data frame and no archive engine is installed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.support.service.running import home_to_write_in

_SCRIPT = """
import asyncio, json, sys
from pathlib import Path

class Absent:
    names = {
        "pyarrow", "duckdb", "ibis", "pandas", "sklearn", "scipy", "joblib", "mlflow",
        "optbinning", "matplotlib", "openpyxl", "xlsxwriter", "pyspark", "tqdm",
    }

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())

from api.server.app import create_app
from api.core.settings import Settings
import api.server.serve
import cli.serve
import httpx

async def main():
    app = create_app(Settings(Path(sys.argv[1])))
    transport = httpx.ASGITransport(app)
    headers = json.loads(sys.argv[2])
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=transport, base_url="http://service", headers=headers
        ) as client,
    ):
        first = (await client.get("/v1/whitelist?page_size=1")).json()["rows"][0]["member_id"]
        asked = {"member_id": first, "amount_yuan": 5000, "months": 12, "purpose": "inputs"}
        statuses = {
            path: (await client.get(path)).status_code
            for path in ("/ready", f"/v1/members/{first}", "/v1/policy", "/v1/scorecard",
                         "/v1/whitelist/funnel", "/openapi.json", "/console/sign-in")
        }
        key = {"Idempotency-Key": "one"}
        answer = await client.post("/v1/decisions", json=asked, headers=key)
        statuses["decision"] = answer.status_code
    print(json.dumps(statuses))

asyncio.run(main())
"""


def test_the_service_answers_with_the_small_install_alone(
    published_home: Path, tmp_path: Path, bearer: Callable[..., dict[str, str]]
) -> None:
    home = home_to_write_in(published_home, tmp_path)
    headers = json.dumps(bearer(home, "officer"))
    run = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(home), headers],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert set(json.loads(run.stdout).values()) == {200}
