"""Erasure of a person over HTTP: no data identifies them, and the ledger verifies."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from api.editions.batch import publish_profile
from api.editions.edition import Edition, PlaceFilter
from api.scoring.kernel import Basis
from cli.replay import ERASED
from data.publishing.published_card import published_card
from data.storage.archive import Archive
from model.policy.policy import policy_on
from tests.support.ledger.postgres import Postgres
from tests.support.service.callers import headers_of
from tests.support.service.running import Running, serving, wait_until

KEYS = (f"erasure-{number}" for number in range(1_000))


def _console(running: Running, *line: str, expected: int = 0) -> str:
    environment = {**os.environ, "RONGZI_HOME": str(running.home)}
    if running.settings.database_url:
        environment["RONGZI_DATABASE_URL"] = running.settings.database_url
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *line],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout


def _without_a_loan(home: Path) -> dict[str, Any]:
    edition = Edition.current(home)
    for row in edition.page(PlaceFilter(), "FIRST", None, 1_200):
        columns = edition.columns(row["member_id"])
        if columns is not None and not columns["balance_outstanding"][0] > 0:
            return row
    raise AssertionError("every member of the first tier has a loan")


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_an_erased_person_is_gone_and_their_decisions_stay_provable(
    database: str,
    request: pytest.FixtureRequest,
    published_home: Path,
    simulated_archive: Archive,
    batch_profile: pa.Table,
    tmp_path: Path,
) -> None:
    home = Path(shutil.copytree(published_home, tmp_path / "home"))
    shutil.rmtree(home / "ledger", ignore_errors=True)
    options = {}
    if database == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        options["RONGZI_DATABASE_URL"] = server.new_database()
    member = _without_a_loan(home)
    person = Edition.current(home).person(member["member_id"]) or {}
    address = f"/v1/members/{member['member_id']}"
    with (
        serving(home, tmp_path / "log", **options) as running,
        httpx.Client(base_url=running.url, trust_env=False) as client,
    ):
        officer = headers_of(running.settings, ["officer"], subject="officer-1")
        reviewer = headers_of(running.settings, ["reviewer"], subject="reviewer-1")

        def ask(who: dict[str, str], method: str, path: str, body: Any = None) -> httpx.Response:
            return client.request(
                method, path, json=body, headers=who | {"Idempotency-Key": next(KEYS)}
            )

        question = {"member_id": member["member_id"], "amount_yuan": 3_000, "months": 12,
                    "purpose": "inputs"}  # fmt: skip
        decision = ask(officer, "POST", "/v1/decisions", question).json()["decision_id"]
        before = ask(officer, "GET", f"{address}/export").json()
        assert before["identity"]["member_id"] == member["member_id"]
        assert [entry["kind"] for entry in before["entries"]] == ["DECISION"]
        erased = ask(reviewer, "POST", f"{address}/erasure")
        assert (erased.status_code, erased.json()["entries_kept"]) == (200, 3)

        after = ask(officer, "GET", f"{address}/export").json()
        assert (after["identity"], after["entries"]) == (None, [])
        paid = ask(officer, "POST", f"/v1/decisions/{decision}/disbursements", {"amount_yuan": 1})
        assert paid.json()["type"] == "/problems/person-erased"
        again = ask(reviewer, "POST", f"{address}/erasure")
        assert (again.status_code, again.json()["type"]) == (404, "/problems/nothing-held")

        assert _console(running, "verify-ledger").startswith("sound: 3 entries")
        replayed = _console(running, "replay", decision, expected=ERASED)
        assert "the person was erased on request, and the exact profile" in replayed
        assert not any(str(value) in replayed for value in (*person.values(), member["member_id"]))

        _publish_without(member["member_id"], simulated_archive, batch_profile, home)
        wait_until(
            lambda: ask(officer, "GET", f"{address}/export").status_code == 404, "gone", seconds=20
        )
    assert member["member_id"] not in running.log.read_text()


def _publish_without(member_id: str, archive: Archive, profile: pa.Table, home: Path) -> None:
    """Publish the next edition from branch files without the person."""
    remaining = profile.filter(pc.not_equal(profile["member_id"], member_id))
    day = date(2023, 10, 1)
    basis = Basis(day, policy_on(day), published_card(home))
    publish_profile(archive, remaining, basis, home, home / "rows.parquet")
