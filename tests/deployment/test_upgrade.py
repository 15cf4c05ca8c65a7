"""docs/use/upgrade.md: backup, migration and rollback work as printed, on both databases."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from api.core.settings import Settings
from api.decisions.commands import Decide
from api.ledger.database import Location
from api.ledger.schema import read_revision, upgrade
from api.ledger.writer import Ledger
from model.errors import LedgerError
from tests.support.ledger.filling import fill
from tests.support.ledger.postgres import Postgres
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "use" / "upgrade.md").read_text(encoding="utf-8")
BEFORE = "0006"


def block(begins: str) -> str:
    """Return the only block of the page whose first line begins so."""
    (found,) = re.findall(rf"```sh\n(# {begins}.*?)```", PAGE, re.DOTALL)
    return str(found)


def run(script: str, folder: Path, **variables: str) -> str:
    programs = f"{Path(sys.executable).parent}{os.pathsep}"
    path = f"{programs}{variables.pop('PATH', '')}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder, env={**os.environ, **variables, "PATH": path}, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def of_the_release_before(settings: Settings, asks: list[Decide]) -> Location:
    """Return a ledger with ten entries and the tables of the release before."""
    ledger = Ledger.open(settings)
    fill(ledger, iter(asks[:10]))
    ledger.close()
    location = Location.of(settings)
    engine = create_engine(location.url)
    with engine.begin() as connection:
        for table in ("sessions", "second_factors"):
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{BEFORE}'"))
    engine.dispose()
    return location


def revision(location: Location) -> str | None:
    engine = create_engine(location.url)
    with engine.connect() as connection:
        found = read_revision(connection)
    engine.dispose()
    return found


def test_an_upgrade_on_sqlite_is_backed_up_migrated_and_rolled_back_as_printed(
    tmp_path: Path, asks: list[Decide]
) -> None:
    settings = Settings(home=tmp_path / "data")
    location = of_the_release_before(settings, asks)
    run(block("backup"), tmp_path)
    output = run(block("migrate"), tmp_path, RONGZI_DATABASE_URL="")
    assert re.search(r"^sound: 10 entries", output, re.MULTILINE), output
    assert revision(location) != BEFORE
    run(block("rollback"), tmp_path)
    assert revision(location) == BEFORE
    again = run(block("migrate"), tmp_path, RONGZI_DATABASE_URL="")
    assert re.search(r"^sound: 10 entries", again, re.MULTILINE), again


def test_an_upgrade_on_postgresql_is_backed_up_migrated_and_rolled_back(
    tmp_path: Path, asks: list[Decide], postgres: Postgres
) -> None:
    address = postgres.new_database()
    url = make_url(address)
    settings = Settings(home=tmp_path / "data", database_url=address)
    location = of_the_release_before(settings, asks)
    (tmp_path / "backup").mkdir()
    libpq = {
        "PGHOST": str(url.host), "PGPORT": str(url.port), "PGUSER": str(url.username),
        "PATH": f"{postgres.programs}{os.pathsep}", "RONGZI_DATABASE_URL": address,
    }  # fmt: skip
    (dump,) = re.findall(r"(pg_dump --format=custom .*)$", block("backup"), re.MULTILINE)
    run(f"cp data/ledger/checkpoints.jsonl backup/\n{dump}", tmp_path, **libpq)
    output = run(block("migrate"), tmp_path, **libpq)
    assert re.search(r"^sound: 10 entries", output, re.MULTILINE), output
    assert revision(location) != BEFORE
    name = str(url.database)
    restore = f"dropdb {name}\ncreatedb {name}\npg_restore --exit-on-error --dbname={name}"
    run(f"{restore} backup/ledger.dump", tmp_path, **libpq)
    assert revision(location) == BEFORE
    again = run(block("migrate"), tmp_path, **libpq)
    assert re.search(r"^sound: 10 entries", again, re.MULTILINE), again


def test_an_earlier_release_refuses_tables_of_a_later_one(
    tmp_path: Path, asks: list[Decide]
) -> None:
    settings = Settings(home=tmp_path / "data")
    location = of_the_release_before(settings, asks)
    engine = create_engine(location.url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LedgerError, match="later release"):
        upgrade(engine)
    engine.dispose()
