"""docs/use/deployment.md: the printed restore drill works, and systemd accepts the printed unit."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import make_url

from api.core.settings import Settings
from api.decisions.commands import Decide
from api.ledger.writer import Ledger
from tests.support.ledger.filling import fill, record_accesses
from tests.support.ledger.postgres import Postgres
from tests.support.prerequisites import lacking
from tests.support.service.cores import printed_cores, separate_cores
from tests.support.service.deployment_page import code_block


def _run(script: str, folder: Path, **variables: str) -> str:
    path = (
        f"{Path(sys.executable).parent}{os.pathsep}{variables.pop('PATH', '')}{os.environ['PATH']}"
    )
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, **variables, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _fill_ledger(settings: Settings, asks: list[Decide]) -> Ledger:
    ledger = Ledger.open(settings)
    adopted = settings.home / "policy" / "adopted.yaml"
    adopted.parent.mkdir()
    adopted.write_text("of this bank")
    fill(ledger, iter(asks[:10]))
    record_accesses(ledger, 2)
    return ledger


def test_the_drill_on_sqlite_restores_a_sound_ledger_as_printed(
    tmp_path: Path, asks: list[Decide]
) -> None:
    ledger = _fill_ledger(Settings(home=tmp_path / "data"), asks)
    (tmp_path / "backup").mkdir()
    output = _run(code_block("sh", "sqlite3.connect"), tmp_path)
    ledger.close()
    assert output.startswith("sound: 10 entries"), output
    _check_the_rest(tmp_path)


def test_the_drill_on_postgresql_restores_a_sound_ledger_as_printed(
    tmp_path: Path, asks: list[Decide], postgres: Postgres
) -> None:
    address = postgres.new_database()
    url = make_url(address)
    ledger = _fill_ledger(Settings(home=tmp_path / "data", database_url=address), asks)
    (tmp_path / "backup").mkdir()
    libpq = {"PGHOST": str(url.host), "PGPORT": str(url.port), "PGUSER": str(url.username)}
    output = _run(
        code_block("sh", "pg_dump"),
        tmp_path,
        RONGZI_DATABASE_URL=address,
        PATH=f"{postgres.programs}{os.pathsep}",
        **libpq,
    )
    ledger.close()
    assert output.startswith("sound: 10 entries"), output
    _check_the_rest(tmp_path)


def _check_the_rest(folder: Path) -> None:
    """Hold that the rest of the home is restored too, and that nobody else reads the backup."""
    assert (folder / "restored" / "policy" / "adopted.yaml").read_text() == "of this bank"
    files = [each for each in (folder / "backup").iterdir() if each.is_file()]
    assert len(files) == 4
    assert {each.stat().st_mode & 0o077 for each in files} == {0}


UNIT = code_block("ini", "User=rongzi")
DROP_IN = code_block("ini", "CPUAffinity=1-")


def test_the_unit_has_the_settings_that_the_page_promises() -> None:
    unit = dict(line.split("=", 1) for line in UNIT.splitlines() if re.match(r"\w+=", line))
    assert unit["ExecStart"].split()[1:2] == ["serve"]
    assert (unit["KillMode"], unit["Restart"], unit["User"]) == ("mixed", "always", "rongzi")
    # The time to drain and to send the last answer fits in: api/server/serve.py.
    assert int(unit["TimeoutStopSec"]) >= 20
    for setting in ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome"):
        assert unit[setting] == "yes"
    assert unit["ProtectSystem"] == "strict"
    assert "/var/lib/rongzi" in unit["ReadWritePaths"]
    assert "\nEnvironment=RONGZI_TRUSTED_PROXIES=127.0.0.1\n" in UNIT
    assert "PASSWORD" not in UNIT.upper().replace("A PASSWORD BELONGS", "")


def test_the_drop_in_names_every_core_but_the_services() -> None:
    (first, last) = map(int, re.findall(r"^CPUAffinity=(\d+)-(\d+)$", DROP_IN, re.M)[0])
    assert printed_cores() | set(range(first, last + 1)) == set(range(last + 1))
    assert not printed_cores() & set(range(first, last + 1))
    workers = re.findall(r"--workers (\d+)", UNIT)
    assert [str(len(printed_cores()))] == workers


@pytest.mark.parametrize("machine", ["this", "of one core"])
def test_the_benchmarks_give_the_service_its_printed_core(machine: str) -> None:
    available = os.sched_getaffinity(0)
    before = {min(available)} if machine == "of one core" else available
    apart = printed_cores() < before
    command = [sys.executable, "-c", "import os; print(*os.sched_getaffinity(0))"]
    os.sched_setaffinity(0, before)
    try:
        with separate_cores() as prefix:
            beside = subprocess.check_output(command, text=True)
            served = subprocess.check_output([*prefix, *command], text=True)
        assert os.sched_getaffinity(0) == before
    finally:
        os.sched_setaffinity(0, available)
    assert {int(core) for core in served.split()} == (printed_cores() if apart else before)
    assert {int(core) for core in beside.split()} == (before - printed_cores() if apart else before)


@pytest.mark.parametrize("lines", [UNIT, f"{DROP_IN}ExecStart=/bin/true\n"], ids=["unit", "other"])
def test_systemd_finds_no_fault_in_the_unit(lines: str, tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        lacking("systemd-analyze")
    unit = tmp_path / "rongzi.service"
    unit.write_text(lines.replace("/opt/rongzi/.venv/bin/rongzi", "/bin/true"))
    done = subprocess.run(
        [program, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    faults = [line for line in done.stderr.splitlines() if "rongzi.service" in line]
    assert faults == [], done.stderr
