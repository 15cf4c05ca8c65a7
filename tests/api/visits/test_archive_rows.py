"""From the ledger into the archive: the branch files of visits, imported as any other."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner

from api.editions.edition import PlaceFilter
from api.ledger.database import Location
from api.ledger.store import open_view
from api.persons.commands import Erase
from api.visits.archive_rows import missing_rows, visits_in_ledger
from api.visits.branch_file import write_branch_files
from api.visits.commands import Found, RecordVisit
from api.visits.withdrawal import WithdrawVisit
from cli.visits import command
from data.importing.importer import import_files
from data.storage.archive import Archive
from data.storage.profiles import profile_spine
from tests.conftest import Desk

TODAY, NEXT = date(2023, 10, 9), date(2023, 10, 10)
MOVED_IN = date(2019, 3, 1)
Member = dict[str, Any]


@pytest.fixture
def grower(desk: Desk) -> Member:
    """A member with wheat this summer, without a loan, and without documented wages."""
    edition = desk.resources.edition
    for row in edition.page(PlaceFilter(), None, None, 1_200):
        columns = edition.columns(row["member_id"])
        assert columns is not None
        if (
            "NO_CONSENT" not in row["knock_outs"]
            and columns["yield_wheat_kg"][0] > 0
            and columns["documented_wages_evidence"][0] is None
            and not columns["balance_outstanding"][0] > 0
        ):
            return row
    raise AssertionError("no such grower")


@pytest.fixture
def archive(simulated_archive: Archive, tmp_path: Path) -> Archive:
    """A copy of the simulated archive to import into."""
    return Archive(shutil.copytree(simulated_archive.folder, tmp_path / "archive"))


def record(desk: Desk, member: Member, **fields: Any) -> str:
    found: dict[str, Any] = {
        "visited_on": TODAY, "proof": "measurement", "note": "过磅称重", "incomes": {},
        "harvests": {}, "resident_since": None,
    }  # fmt: skip
    what = Found(**{**found, **fields})
    visit = RecordVisit(None, "o-3", member["member_id"], what, desk.resources)
    return str(desk.do(visit)["visit_id"])


def withdraw(desk: Desk, member: Member, visit: str) -> None:
    desk.now += timedelta(hours=1)
    because = "wrong_figures", "金额看错，已与本人核对"
    desk.do(WithdrawVisit(None, "o-3", member["member_id"], visit, *because, desk.resources))


def bring_in(settings: Any, archive: Archive, folder: Path) -> Any:
    """Write the files, import them as the operator does, and return what was written."""
    with open_view(Location.of(settings)) as view:
        found = missing_rows(archive, visits_in_ledger(view))
    files = write_branch_files(found.rows, folder)
    if files:
        moment = datetime.fromisoformat("2023-10-09T23:00:00")
        result = import_files(files, archive, folder / "bad", moment, workers=1)
        assert (result.totals.quarantined, result.totals.duplicate) == (0, 0)
        assert result.totals.accepted == sum(len(rows) for rows in found.rows.values())
    return found


def profile_of(archive: Archive, member: Member, day: date) -> dict[str, Any]:
    keys = pa.table({"member_id": [member["member_id"]], "as_of": pa.array([day], pa.date32())})
    (row,) = profile_spine(archive, keys).to_pylist()
    return dict(row)


def test_the_next_edition_knows_what_a_visit_confirmed_and_nothing_else_changed(
    desk: Desk, grower: Member, archive: Archive, ledger_settings: Any, tmp_path: Path
) -> None:
    before = profile_of(archive, grower, NEXT)
    wheat = {"wheat": {"season": "2023-S", "kg_per_mu": 95}}
    record(desk, grower, incomes={"wages": 90_000}, harvests=wheat, resident_since=MOVED_IN)
    bring_in(ledger_settings, archive, tmp_path / "visits")
    after = profile_of(archive, grower, NEXT)
    assert after["yield_wheat_kg"] == 95
    assert after["resident_years"] == 4
    assert (after["documented_wages_yuan"], after["documented_wages_evidence"]) == (
        90_000, "officer_visit",
    )  # fmt: skip
    touched = {"yield_wheat_kg", "resident_years", "resident_since", "documented_wages_yuan",
               "documented_wages_evidence"}  # fmt: skip
    differing = {n for n in before if before[n] != after[n] and before[n] == before[n]}
    # The yield against the township's median, and its like, follow from the yield.
    assert differing - touched <= {n for n in before if "yield" in n}
    lapsed = profile_of(archive, grower, TODAY + timedelta(days=366))
    assert lapsed["documented_wages_evidence"] is None


def test_what_the_archive_has_is_not_written_again(
    desk: Desk, grower: Member, archive: Archive, ledger_settings: Any, tmp_path: Path
) -> None:
    record(desk, grower, incomes={"wages": 90_000}, resident_since=MOVED_IN)
    assert set(bring_in(ledger_settings, archive, tmp_path / "one").rows) == {"incomes", "members"}
    assert bring_in(ledger_settings, archive, tmp_path / "two").rows == {}
    desk.now += timedelta(hours=1)
    record(desk, grower, incomes={"wages": 80_000})
    assert set(bring_in(ledger_settings, archive, tmp_path / "three").rows) == {"incomes"}
    assert profile_of(archive, grower, NEXT)["documented_wages_yuan"] == 80_000


_TOUCHED = (
    "yield_wheat_kg", "resident_since", "documented_wages_yuan", "documented_wages_evidence",
)  # fmt: skip


def touched(archive: Archive, member: Member) -> dict[str, Any]:
    profile = profile_of(archive, member, NEXT)
    return {name: str(profile[name]) for name in _TOUCHED}


def test_the_next_import_takes_out_what_a_withdrawn_visit_brought_in(
    desk: Desk, grower: Member, archive: Archive, ledger_settings: Any, tmp_path: Path
) -> None:
    before = touched(archive, grower)
    wheat = {"wheat": {"season": "2023-S", "kg_per_mu": 95}}
    visit = record(desk, grower, incomes={"wages": 90_000}, harvests=wheat, resident_since=MOVED_IN)
    bring_in(ledger_settings, archive, tmp_path / "one")
    assert not touched(archive, grower).items() & before.items()
    withdraw(desk, grower, visit)
    assert set(bring_in(ledger_settings, archive, tmp_path / "two").rows) == {
        "incomes", "plots", "members",
    }  # fmt: skip
    assert touched(archive, grower) == before
    assert bring_in(ledger_settings, archive, tmp_path / "three").rows == {}


def test_a_visit_withdrawn_before_the_import_never_enters(
    desk: Desk, grower: Member, archive: Archive, ledger_settings: Any, tmp_path: Path
) -> None:
    withdraw(desk, grower, record(desk, grower, incomes={"wages": 90_000}, resident_since=MOVED_IN))
    withdraw(
        desk, grower,
        record(desk, grower, harvests={"cherry": {"season": "2023-G", "kg_per_mu": 700}}),
    )  # fmt: skip
    found = bring_in(ledger_settings, archive, tmp_path / "visits")
    assert (found.rows, found.without_row) == ({}, ())


def test_a_withdrawal_brings_back_what_the_visit_before_confirmed(
    desk: Desk, grower: Member, archive: Archive, ledger_settings: Any, tmp_path: Path
) -> None:
    record(desk, grower, incomes={"wages": 80_000}, resident_since=MOVED_IN)
    desk.now += timedelta(hours=1)
    later = record(
        desk, grower, incomes={"wages": 90_000}, resident_since=MOVED_IN + timedelta(days=1)
    )
    bring_in(ledger_settings, archive, tmp_path / "one")
    withdraw(desk, grower, later)
    bring_in(ledger_settings, archive, tmp_path / "two")
    after = profile_of(archive, grower, NEXT)
    assert (after["documented_wages_yuan"], after["documented_wages_evidence"]) == (
        80_000, "officer_visit",
    )  # fmt: skip
    assert after["resident_since"] == profile_day(MOVED_IN)
    assert bring_in(ledger_settings, archive, tmp_path / "three").rows == {}


def profile_day(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def test_a_yield_without_a_plot_on_record_is_named_and_not_invented(
    desk: Desk, grower: Member, archive: Archive, ledger_settings: Any, tmp_path: Path
) -> None:
    record(desk, grower, harvests={"cherry": {"season": "2023-G", "kg_per_mu": 700}})
    found = bring_in(ledger_settings, archive, tmp_path / "visits")
    assert found.rows == {}
    assert found.without_row == (f"{grower['member_id']}: no plot of cherry in 2023-G on record",)


def test_visits_to_an_erased_person_are_not_written(
    desk: Desk, grower: Member, archive: Archive, ledger_settings: Any, tmp_path: Path
) -> None:
    record(desk, grower, incomes={"wages": 90_000})
    desk.do(Erase(None, "reviewer-1", grower["member_id"], desk.resources))
    assert bring_in(ledger_settings, archive, tmp_path / "visits").rows == {}


def test_a_home_without_a_ledger_has_no_visits(archive: Archive, tmp_path: Path) -> None:
    words = ["--archive", archive.folder, "--out", tmp_path / "visits", "--home", tmp_path / "home"]
    told = CliRunner().invoke(command, [str(word) for word in words])
    assert (told.exit_code, "visits: 0" in told.output) == (0, True), told.output
    assert not (tmp_path / "visits").exists()


def test_the_command_writes_private_files_and_counts_them(
    desk: Desk,
    grower: Member,
    archive: Archive,
    ledger_settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record(desk, grower, incomes={"wages": 90_000})
    url = Location.of(ledger_settings).url.render_as_string(hide_password=False)
    monkeypatch.setenv("RONGZI_DATABASE_URL", url)
    out = tmp_path / "visits"
    words = ["--archive", archive.folder, "--out", out, "--home", ledger_settings.home]
    told = CliRunner().invoke(command, [str(word) for word in words])
    assert told.exit_code == 0, told.output
    assert "visits: 1" in told.output
    (file,) = out.iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == ("incomes.csv", 0o600)
