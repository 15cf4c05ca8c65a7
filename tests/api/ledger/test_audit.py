"""The audit is a chain of its own, sealed with every commit: every removed row is detected."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, delete, insert, select, text, update

from api.access.account_events import AccountEvent, record
from api.core.settings import Settings
from api.ledger import migrations
from api.ledger.audit import AuditWriter
from api.ledger.chain import append_audit_rows
from api.ledger.database import Location, open_engine
from api.ledger.findings import Report
from api.ledger.tables import accesses
from api.ledger.writer import Ledger
from api.verify.verify import verify_ledger
from tests.support.ledger.filling import record_accesses
from tests.support.tampering.rows import without_triggers


def report_after_accesses(settings: Settings, accesses: int) -> Report:
    """Open the ledger, record `accesses`, close it, and return the report of its verification."""
    ledger = Ledger.open(settings)
    record_accesses(ledger, accesses)
    ledger.close()
    return verify_ledger(Location.of(settings))


@pytest.fixture
def location(ledger_settings: Settings) -> Location:
    """A ledger of five access records and no entry, so that no entry seals them."""
    assert report_after_accesses(ledger_settings, 5).looks == 5
    return Location.of(ledger_settings)


def _edit(connection: Connection) -> None:
    connection.execute(update(accesses).where(accesses.c.number == 3).values(actor="nobody"))


def _delete(connection: Connection) -> None:
    connection.execute(delete(accesses).where(accesses.c.number == 2))


def _cut(connection: Connection) -> None:
    connection.execute(delete(accesses).where(accesses.c.number == 5))


def _empty(connection: Connection) -> None:
    connection.execute(delete(accesses))


def _insert(connection: Connection) -> None:
    (row, *_) = connection.execute(select(accesses)).mappings().all()
    connection.execute(insert(accesses), [{**row, "number": 6}])


def _unchain(connection: Connection) -> None:
    connection.execute(update(accesses).values(digest=None))


def _hash_anew(connection: Connection) -> None:
    rows: list[dict[str, Any]] = [dict(r) for r in connection.execute(select(accesses)).mappings()]
    rows[1]["actor"] = "nobody"
    connection.execute(delete(accesses))
    append_audit_rows(connection, rows)


WAYS = (_edit, _delete, _cut, _empty, _insert, _unchain, _hash_anew)


@pytest.mark.parametrize("change", WAYS, ids=lambda way: way.__name__.strip("_"))
def test_a_change_of_the_audit_by_the_tables_owner_is_found(
    location: Location, change: Callable[[Connection], None]
) -> None:
    report = verify_ledger(location)
    assert (report.is_sound, report.looks) == (True, 5)
    with without_triggers(location.url) as connection:
        change(connection)
    found = verify_ledger(location).findings
    assert {each.kind for each in found} == {"look"}


def test_a_ledger_of_access_records_only_opens_again_and_takes_decisions(
    location: Location, ledger_settings: Settings, asks: list[Any]
) -> None:
    ledger = Ledger.open(ledger_settings)
    ledger.write_now(asks[0])
    record_accesses(ledger, 1)
    ledger.close()
    report = verify_ledger(location)
    assert (report.is_sound, report.looks) == (True, 6), report.findings


def test_account_changes_are_in_the_chain_of_the_audit(
    location: Location, ledger_settings: Settings
) -> None:
    with closing(AuditWriter(location)) as writer, writer.begin() as work:
        record(work, [AccountEvent("account_disabled", "officer-1", "console:root")])
    report = report_after_accesses(ledger_settings, 1)
    assert (report.is_sound, report.looks) == (True, 7), report.findings


def test_audit_rows_of_an_earlier_release_stay_and_are_noted(ledger_settings: Settings) -> None:
    location = Location.of(ledger_settings)
    location.make_file()
    engine = open_engine(location.url, writes=True)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        columns = "accessed_at, actor, route, place_code, persons"
        values = "'2026-01-01T00:00:00.000000+00:00', 'auditor-1', 'get_member', '371502', 1"
        connection.execute(text(f"INSERT INTO accesses ({columns}) VALUES ({values})"))
    engine.dispose()
    report = report_after_accesses(ledger_settings, 2)
    assert (report.is_sound, report.looks) == (True, 3), report.findings
    assert any("first 1 audit rows" in notice for notice in report.notices)
