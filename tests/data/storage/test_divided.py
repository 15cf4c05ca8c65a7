"""An archive divided among pieces: each reads fewer rows, and no profile changes by it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from data.simulator import load_scenario, simulate
from data.storage import profiles
from data.storage.archive import Archive
from data.storage.divided import REACHED, TIES, divide
from data.storage.engines import open_archive, start_engine
from model.archive.tables import archive_tables

DAY = date(2023, 10, 1)
#: Recorded before `DAY`, and after everything that the simulation recorded of it.
LATE = datetime.fromisoformat("2023-09-30T10:00:00")
#: Tables that no piece divides.
WHOLE = {
    "villages", "network", "stations", "station_months", "staff", "cooperatives",
    "cooperative_sales",
}  # fmt: skip


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Return an archive in which people far apart by id have to do with each other."""
    made = Archive(tmp_path_factory.mktemp("divided"))
    simulate(load_scenario(), 200, 48, 54).write(made)
    first, last = "M371500000003", "M371500000195"
    loans = made.read("loans")
    lent = loans.filter(pc.is_valid(loans["disbursed_on"]))
    owing = profiles.profile_as_of(made, DAY)
    borrower = owing.filter(pc.greater(owing["loans_open"], 0))["member_id"].to_pylist()[-1]
    # A correction moves the first loan to a member far away.
    made.append("loans", _rows("loans", {**lent.slice(0, 1).to_pylist()[0], "member_id": last}))
    # A member moves into the household of somebody who owes, far away.
    members = {row["member_id"]: row for row in made.read("members").to_pylist()}
    home = members[borrower]["household_id"]
    made.append("members", _rows("members", {**members[first], "household_id": home}))
    # An account has a second holder far away.
    account = made.read("accounts").slice(0, 1).to_pylist()[0]
    held = {**account, "member_id": last, "role": "second_holder"}
    made.append("accounts", _rows("accounts", held))
    return made


def _rows(table: str, row: dict[str, Any]) -> pa.Table:
    columns = {name: [row.get(name)] for name in archive_tables()[table].columns}
    return pa.table(columns | {"recorded_at": [LATE]})


@pytest.fixture(scope="module")
def whole(archive: Archive) -> pa.Table:
    """Every profile, from the whole archive."""
    return profiles.profile_as_of(archive, DAY, with_consent_days=True)


def test_profiles_are_those_of_the_whole_archive(
    archive: Archive, whole: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiles, "PIECE", 66)
    assert profiles.profile_as_of(archive, DAY, with_consent_days=True).equals(whole)


@pytest.mark.parametrize("table", TIES)
def test_without_a_tie_somebody_would_be_apart(
    archive: Archive, whole: pa.Table, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fewer = {name: key for name, key in TIES.items() if name != table}
    monkeypatch.setattr("data.storage.divided.TIES", fewer)
    monkeypatch.setattr(profiles, "PIECE", 66)
    assert not profiles.profile_as_of(archive, DAY, with_consent_days=True).equals(whole)


def test_a_piece_holds_the_rows_of_its_members_and_of_those_who_stand_with_them(
    archive: Archive, tmp_path: Path
) -> None:
    with start_engine() as engine:
        tables = open_archive(archive, engine)
        members = pc.unique(archive.read("members")["member_id"]).sort()
        divided = divide(engine, tables, members, 20, tmp_path)
    assert {*divided.tables} == {*tables} - WHOLE
    written = [_stored(folder) for folder in (tmp_path / "members").iterdir()]
    assert all(rows[name].null_count == len(rows) for rows in written for name in ("name", "phone"))
    for name in ("members", "sales", "cashflow"):
        pieces = [_stored(tmp_path / name / f"piece={number}") for number in range(10)]
        for number, rows in enumerate(pieces):
            asked = members.slice(20 * number, 20)
            own = archive.read(name)
            own = own.filter(pc.is_in(own["member_id"], asked))
            found = rows.filter(pc.is_in(rows["member_id"], asked))
            assert found.num_rows == own.num_rows
            assert rows.num_rows < archive.read(name).num_rows / 4


def _stored(folder: Path) -> pa.Table:
    return pa.concat_tables(pq.read_table(part, partitioning=None) for part in folder.iterdir())


def test_every_table_is_divided_by_its_members_or_said_to_stay_whole() -> None:
    without = {name for name, table in archive_tables().items() if "member_id" not in table.columns}
    assert without == WHOLE | REACHED.keys()
    for name, key in TIES.items():
        assert key in archive_tables()[name].columns
    for name, (source, key) in REACHED.items():
        assert key in archive_tables()[name].columns
        assert key in archive_tables()[source].columns
