"""``rongzi reconcile`` from an archive to the ledger, by the home's own day."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from api.core.settings import Settings
from api.decisions.commands import Decide
from api.editions.edition import PlaceFilter
from api.ledger.database import Location
from api.ledger.writer import Ledger
from api.payments.commands import Disburse
from api.verify.verify import verify_ledger
from cli.main import rongzi
from data.storage.archive import Archive
from data.storage.schema import arrow_schema
from model.archive.tables import EVENT_ON, archive_tables
from model.decision.decision import Request
from tests.support.bank import rows_of_loans
from tests.support.ledger.filling import loaded

PAID = datetime(2023, 8, 1, 2, tzinfo=UTC)


@dataclass
class Office:
    """A demo that plays on 9 October 2023, with a payment of 1 August and an archive of its own."""

    home: Path
    member: str
    decision: str

    @property
    def archive(self) -> Archive:
        return Archive(self.home / "archive")

    def run(self, *more: str) -> Result:
        line = ["reconcile", "--archive", str(self.archive.folder), "--home", str(self.home)]
        return CliRunner().invoke(rongzi, [*line, *more])

    def found(self, *more: str) -> dict[str, Any]:
        result = self.run("--json", *more)
        assert result.exit_code == 0, result.output
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def lends(self, loan_id: str, yuan: int, on: date, recorded: date, **more: Any) -> None:
        rows = rows_of_loans(loan_id, self.member, yuan, on, recorded=recorded, **more)
        for table, each in rows.items():
            schema = arrow_schema(archive_tables()[table])
            fields = pa.schema([field for field in schema if field.name != EVENT_ON])
            self.archive.append(table, pa.Table.from_pylist(each, fields))


@pytest.fixture
def office(published_home: Path, simulated_archive: Archive, tmp_path: Path) -> Office:
    home = Path(shutil.copytree(published_home, tmp_path / "home"))
    shutil.rmtree(home / "archive", ignore_errors=True)
    shutil.copytree(simulated_archive.folder, home / "archive")
    resources = loaded(home)
    borrowers = set(simulated_archive.read("loans", ["member_id"])["member_id"].to_pylist())
    rows = resources.edition.page(PlaceFilter(), "FIRST", None, 1_200)
    member = next(
        row for row in rows if row["limit_yuan"] >= 5_000 and row["member_id"] not in borrowers
    )
    profile = resources.edition.profile(member["member_id"])
    assert profile is not None
    request = Request(5_000, 12, "inputs", True)
    ask = Decide(None, "o-1", member["member_id"], request, profile, resources, PAID.date())
    with closing(Ledger.open(Settings(home), lambda: PAID)) as ledger:
        decision = json.loads(ledger.write_now(ask).body)["decision_id"]
        ledger.write_now(Disburse(None, "o-2", decision, 5_000, resources))
    return Office(home, member["member_id"], decision)


def test_an_import_with_the_loan_agrees_and_one_without_tells_the_payment(office: Office) -> None:
    found = office.found()
    (row,) = found["differences"]
    assert (row["kinds"], row["decision_id"]) == (["PAYMENT_WITHOUT_LOAN"], office.decision)
    assert found["open"] == {"PAYMENT_WITHOUT_LOAN": 1}
    office.lends("N-1", 5_000, date(2023, 8, 2), date(2023, 9, 29), instalments=0)
    found = office.found()
    assert (found["written"], found["differences"]) == (1, [])
    assert office.found()["written"] == 0
    assert verify_ledger(Location.of(Settings(office.home))).is_sound


def test_a_demo_is_compared_by_the_day_it_plays_on(office: Office) -> None:
    assert office.found()["as_of"] == "2023-10-09"
    office.lends("N-1", 5_000, date(2023, 8, 2), date(2023, 10, 9), instalments=0)
    assert office.found()["open"] == {"PAYMENT_WITHOUT_LOAN": 1}, "it came after the demo's day"
    refused = office.run("--as-of", "2023-10-10")
    assert refused.exit_code == 2
    assert "2023-10-09" in refused.output


def test_a_day_before_the_ledger_began_says_why_nothing_is_compared(office: Office) -> None:
    found = office.found("--as-of", "2023-07-01")
    assert "the ledger is the book since 2023-10-01" in found["note"]
    assert "A demo plays on a day of the past" in found["note"]
    assert "note" not in office.found()


def test_loans_of_before_the_ledgers_first_entry_are_no_differences(office: Office) -> None:
    found = office.found()
    assert found["book_since"] == "2023-10-01"
    lent = office.archive.read("loans", ["disbursed_on"])["disbursed_on"].to_pylist()
    assert len([day for day in lent if day]) > 100
    assert "LOAN_WITHOUT_PAYMENT" not in found["open"]


def test_the_output_names_no_person_and_no_number_of_the_bank(office: Office) -> None:
    office.lends("BANKNUMBER", 7_000, date(2023, 8, 1), date(2023, 9, 29))
    result = office.run()
    assert result.exit_code == 0
    assert "OUTSTANDING_DIFFERS" in result.output
    assert "7,000" in result.output
    assert office.member not in result.output
    assert "BANKNUMBER" not in result.output


def test_a_home_without_a_ledger_has_nothing_to_compare(
    published_home: Path, simulated_archive: Archive, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(published_home, tmp_path / "home"))
    line = ["reconcile", "--archive", str(simulated_archive.folder), "--home", str(home)]
    result = CliRunner().invoke(rongzi, line)
    assert result.exit_code == 0
    assert "no ledger" in result.output
    assert not (home / "ledger").exists()
