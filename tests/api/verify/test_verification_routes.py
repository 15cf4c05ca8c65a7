"""The service verifies its own ledger on request: one at a time, bounded, apart from requests."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from api.core.settings import Settings
from api.ledger.database import Location
from api.ledger.tables import entries
from api.verify.verifications import Verifications
from tests.support.fixtures.branch import Branch
from tests.support.ledger.filling import fill
from tests.support.tampering.rows import without_triggers

ADDRESS = "/v1/ledger/verification"


def _wait(branch: Branch) -> dict[str, Any]:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found: dict[str, Any] = branch.send("get", ADDRESS, branch.headers("auditor")).json()
        if found["state"] != "RUNNING":
            return found
        branch.loop.run_until_complete(asyncio.sleep(0.1))
    raise AssertionError("the verification does not end")


def test_an_auditor_verifies_the_ledger_and_reads_every_finding(branch: Branch) -> None:
    auditor = branch.headers("auditor")
    assert branch.send("get", ADDRESS, auditor).json()["state"] == "NONE"
    begun = branch.send("post", ADDRESS, auditor)
    assert begun.status_code == 202
    assert (begun.json()["state"], begun.json()["begun_by"]) == ("RUNNING", "auditor.all")
    sound = _wait(branch)
    assert sound["state"] == "SOUND", sound
    assert sound["report"]["entries"] >= 1
    assert sound["report"]["findings"] == []
    with without_triggers(Location.of(Settings(branch.home)).url) as connection:
        connection.execute(update(entries).where(entries.c.seq == 1).values(amount_yuan=1))
    branch.send("post", ADDRESS, auditor)
    found = _wait(branch)
    assert found["state"] == "UNSOUND"
    assert ("altered", 1) in {(each["kind"], each["seq"]) for each in found["report"]["findings"]}
    assert found["report"]["findings_found"] == len(found["report"]["findings"])


def test_only_an_auditor_of_all_places_verifies(branch: Branch) -> None:
    near = branch.headers("auditor", places=(branch.member["village_code"][:6],))
    for method in ("get", "post"):
        assert branch.send(method, ADDRESS, near).status_code == 403


@pytest.fixture
def verifications(ledger_settings: Settings) -> Verifications:
    """Of a home with an empty ledger, on either database."""
    (ledger_settings.home / "ledger").mkdir(exist_ok=True)
    return Verifications(ledger_settings)


@pytest.fixture
def ledger(ledger_settings: Settings, asks: list[Any]) -> None:
    from api.ledger.writer import Ledger

    opened = Ledger.open(ledger_settings)
    fill(opened, iter(asks))
    opened.close()


async def _run(verifications: Verifications) -> dict[str, Any]:
    assert await verifications.start("auditor")
    assert verifications._process is not None
    await verifications._process.wait()
    return verifications.last()


@pytest.mark.usefixtures("ledger")
def test_a_ledger_on_either_database_is_verified(verifications: Verifications) -> None:
    found = asyncio.run(_run(verifications))
    assert found["state"] == "SOUND", found
    assert found["report"]["entries"] > 12


def test_a_ledger_that_is_not_there_is_said_to_be_unverified(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    found = asyncio.run(_run(Verifications(Settings(tmp_path))))
    assert found["state"] == "FAILED"
    assert "report" not in found


def test_one_that_was_killed_is_said_to_have_stopped_and_another_can_begin(tmp_path: Path) -> None:
    async def killed() -> None:
        (tmp_path / "ledger").mkdir()
        verifications = Verifications(Settings(tmp_path))
        assert await verifications.start("auditor")
        assert verifications.last()["state"] == "RUNNING"
        assert await verifications.start("auditor-2") is False
        await verifications.stop()
        assert verifications.last()["state"] == "STOPPED"
        assert await verifications.start("auditor-2")
        await verifications.stop()

    asyncio.run(killed())


@pytest.mark.usefixtures("ledger")
def test_no_secret_is_written_or_shown(
    verifications: Verifications, ledger_settings: Settings
) -> None:
    asyncio.run(_run(verifications))
    written = verifications._file.read_text(encoding="utf-8")
    assert set(json.loads(written)) == {"begun_at", "begun_by", "ended_at", "seconds", "report"}
    assert verifications._file.stat().st_mode & 0o077 == 0
    assert str(ledger_settings.home) not in written
