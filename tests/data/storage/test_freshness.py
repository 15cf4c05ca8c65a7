"""The last month known of each table, by county, and profiles of tables that are too old."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from cli.main import rongzi
from data.storage.archive import Archive
from data.storage.freshness import LastMonths, last_months
from data.storage.schema import arrow_schema
from model.archive.tables import EVENT_ON, archive_tables
from model.errors import StaleTableError
from model.policy.freshness import months_allowed, months_behind
from model.profile.dictionary import member_dictionary
from tests.support.sending_branch import SendingBranch, member, parcels

AS_OF = date(2023, 10, 1)


@pytest.fixture
def branch(tmp_path: Path) -> SendingBranch:
    """A branch of two counties: one sent parcels up to August, the other up to May."""
    sending = SendingBranch(tmp_path)
    people = [member(1), member(2, village_code="371521100201")]
    sent = [
        parcels(1, "2023-08", recorded_at="2023-09-05 09:00:00"),
        parcels(2, "2023-05", recorded_at="2023-06-05 09:00:00"),
    ]
    sending.send(sending.file("m.csv", "members", people), sending.file("p.csv", "parcels", sent))
    return sending


def test_each_table_has_a_last_month_by_county(branch: SendingBranch) -> None:
    found = last_months(branch.archive)
    assert found.by_county["parcels"] == {"371521": date(2023, 5, 1), "371522": date(2023, 8, 1)}
    assert found.by_table["parcels"] == date(2023, 8, 1)
    assert found.counties_behind("parcels", AS_OF) == {"371521": date(2023, 5, 1)}


def test_no_county_is_behind_in_a_table_that_it_sends_when_something_happens() -> None:
    months = {"371521": date(2019, 5, 1), "371522": date(2023, 8, 1)}
    for table in ("cooperatives", "stations", "cooperative_members", "accounts", "villages"):
        assert LastMonths({table: months}).counties_behind(table, AS_OF) == {}
    for table in ("cooperative_sales", "station_months", "cashflow", "plots"):
        assert LastMonths({table: months}).counties_behind(table, AS_OF) == {
            "371521": date(2019, 5, 1)
        }


def test_a_month_recorded_later_does_not_count_before(branch: SendingBranch) -> None:
    assert last_months(branch.archive, date(2023, 9, 5)).by_table["parcels"] == date(2023, 5, 1)


def test_the_county_of_a_repayment_is_that_of_the_borrower(branch: SendingBranch) -> None:
    at = datetime.fromisoformat("2023-09-02T09:00:00")
    loan = {
        "loan_id": "L1", "member_id": "M002", "applied_on": date(2023, 1, 5), "amount": 1,
        "decision": "approved", "months": 12, "repayment": "equal_instalments", "recorded_at": at,
    }  # fmt: skip
    month = {
        "loan_id": "L1", "month": date(2023, 7, 1), "due": 0, "paid": 0, "days_past_due": 0,
        "balance": 0, "recorded_at": at,
    }  # fmt: skip
    for table, row in (("loans", loan), ("repayments", month)):
        schema = [f for f in arrow_schema(archive_tables()[table]) if f.name != EVENT_ON]
        branch.archive.append(table, pa.Table.from_pylist([row], pa.schema(schema)))
    assert last_months(branch.archive).by_county["repayments"] == {"371521": date(2023, 7, 1)}


def test_an_import_reports_the_last_months_and_refuses_nothing(branch: SendingBranch) -> None:
    report = branch.imported("more.csv", "parcels", [parcels(1, "2020-01")])
    assert report.as_json()["last_months"]["parcels"] == {
        "371521": "2023-05", "371522": "2023-08",
    }  # fmt: skip


def test_months_behind_count_from_the_month_just_ended() -> None:
    assert months_behind(date(2023, 9, 1), AS_OF) == 0
    assert months_behind(date(2022, 12, 1), date(2023, 1, 31)) == 0
    assert months_behind(date(2023, 5, 1), AS_OF) == 4


def test_every_table_with_a_limit_is_a_table_of_the_archive() -> None:
    assert months_allowed(AS_OF).keys() <= archive_tables().keys()


def test_a_stale_table_is_an_error_that_names_it(branch: SendingBranch, tmp_path: Path) -> None:
    result = _profile(branch.archive, tmp_path / "p.parquet", "2024-02-01")
    assert isinstance(result.exception, StaleTableError)
    assert "parcels ends in 2023-08, 5 months behind, at most 3" in str(result.exception)
    assert not (tmp_path / "p.parquet").exists()


def test_a_stale_table_that_is_allowed_leaves_its_attributes_unknown_and_is_named(
    branch: SendingBranch, tmp_path: Path
) -> None:
    out = tmp_path / "p.parquet"
    result = _profile(branch.archive, out, "2024-02-01", "--allow-stale", "parcels")
    assert result.exception is None
    profile = pq.read_table(out)
    read = [each.name for each in member_dictionary() if "parcels" in each.source]
    assert read
    assert all(profile[name].null_count == profile.num_rows == 2 for name in read)
    assert profile.schema.metadata[b"stale_tables"] == b"parcels"
    assert "stale, left out" in result.output


def test_a_fresh_table_is_used_although_it_might_be_stale(
    branch: SendingBranch, tmp_path: Path
) -> None:
    out = tmp_path / "p.parquet"
    _profile(branch.archive, out, "2023-10-01", "--allow-stale", "parcels")
    profile = pq.read_table(out)
    assert profile["parcels_sent_12m"].to_pylist() == [3.0, 3.0]
    assert b"stale_tables" not in (profile.schema.metadata or {})


def _profile(archive: Archive, out: Path, as_of: str, *options: str) -> Result:
    words = ["profile", "--archive", str(archive.folder), "--as-of", as_of, "--out", str(out)]
    return CliRunner().invoke(rongzi, [*words, *options])
