"""Branch files, imported, give the archive and the profiles they were written from."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pyarrow as pa
import pytest

from data.archive import Archive
from data.importing.importer import import_files
from data.importing.report import ImportReport
from data.profiles import profile_as_of
from data.simulator import load_scenario, simulate
from data.simulator.export import write_manifest
from model.tables import archive_tables

AS_OF = date(2023, 10, 1)
NOW = datetime.fromisoformat("2023-11-01")


class RoundTrip(NamedTuple):
    """A simulated archive, the archive its branch files became, and what was in the way."""

    simulated: Archive
    imported: Archive
    inbox: Path
    quarantine: Path
    report: ImportReport
    dirt: list[dict[str, str]]


@pytest.fixture(scope="module")
def trip(tmp_path_factory: pytest.TempPathFactory) -> RoundTrip:
    folder = tmp_path_factory.mktemp("trip")
    world = simulate(load_scenario(), 1_500, 36, 54)
    world.write(Archive(folder / "simulated"))
    dirty = [row for rows in world.export(folder / "inbox") for row in rows]
    write_manifest(folder / "dirt.csv", dirty)
    imported = Archive(folder / "imported")
    report = import_files([folder / "inbox"], imported, folder / "quarantine", NOW)
    with (folder / "dirt.csv").open(encoding="utf-8-sig", newline="") as file:
        dirt = list(csv.DictReader(file))
    return RoundTrip(
        Archive(folder / "simulated"),
        imported,
        folder / "inbox",
        folder / "quarantine",
        report,
        dirt,
    )


@pytest.fixture(scope="module")
def clean(trip: RoundTrip, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """The simulated archive without the rows that were replaced by dirty ones."""
    archive = Archive(tmp_path_factory.mktemp("clean"))
    for name in archive_tables():
        archive.append(name, _without(trip.simulated.read(name), name, _replaced(trip, name)))
    return archive


def test_some_rows_were_made_dirty_and_some_of_them_stand_for_a_clean_row(trip: RoundTrip) -> None:
    assert len(trip.dirt) > 100
    assert any(row["replaced"] == "True" for row in trip.dirt)


def test_the_imported_archive_holds_every_clean_row_exactly_once(
    trip: RoundTrip, clean: Archive
) -> None:
    for name, table in archive_tables().items():
        order = [(key, "ascending") for key in (*table.key, "recorded_at")]
        found, expected = trip.imported.read(name), clean.read(name)
        assert found.sort_by(order).equals(expected.sort_by(order)), name


def test_profiles_from_files_equal_profiles_from_the_simulated_archive(
    trip: RoundTrip, clean: Archive
) -> None:
    assert profile_as_of(trip.imported, AS_OF).equals(profile_as_of(clean, AS_OF))


def test_each_dirty_row_is_in_quarantine_for_the_right_reason(trip: RoundTrip) -> None:
    expected = {_place(row): row["reason"] for row in trip.dirt}
    found = {(file, sheet, row): codes for file, sheet, row, codes in _quarantined(trip)}
    assert found.keys() == expected.keys()
    for place, reason in expected.items():
        assert reason in found[place], place


def test_counts_reconcile(trip: RoundTrip) -> None:
    total = trip.report.as_json()["totals"]
    assert total["read"] == total["accepted"] + total["quarantined"] + total["duplicate"]
    assert total["quarantined"] == len(trip.dirt)
    assert total["duplicate"] == 0


def test_importing_the_same_files_again_changes_nothing(trip: RoundTrip, tmp_path: Path) -> None:
    before = trip.imported.digest()
    again = import_files([trip.inbox], trip.imported, tmp_path, NOW).as_json()["totals"]
    assert trip.imported.digest() == before
    assert (again["accepted"], again["quarantined"]) == (0, len(trip.dirt))


def _place(row: dict[str, str]) -> tuple[str, str, int]:
    sheet = row["sheet"] if row["file"].endswith(".xlsx") else ""
    return row["file"], sheet, int(row["row"])


def _replaced(trip: RoundTrip, table: str) -> Counter[tuple[str, str]]:
    rows = (row for row in trip.dirt if row["table"] == table and row["replaced"] == "True")
    return Counter((row["key"], row["recorded_at"]) for row in rows)


def _without(rows: pa.Table, name: str, replaced: Counter[tuple[str, str]]) -> pa.Table:
    keys = archive_tables()[name].key
    columns = [rows[key].to_pylist() for key in keys]
    moments = [str(moment) for moment in rows["recorded_at"].to_pylist()]
    written = [
        (";".join(f"{k}={v}" for k, v in zip(keys, values, strict=True)), moment)
        for *values, moment in zip(*columns, moments, strict=True)
    ]
    kept = rows.filter(pa.array([place not in replaced for place in written]))
    assert rows.num_rows - kept.num_rows == sum(replaced.values())
    return kept


def _quarantined(trip: RoundTrip) -> list[tuple[str, str, int, set[str]]]:
    found = []
    for path in sorted(trip.quarantine.iterdir()):
        for sheet, header, *rows in _sheets(path):
            place = {name: i for i, name in enumerate(header)}
            for row in rows:
                codes = set(str(row[place["原因代码"]]).replace("；", ";").split(";"))
                number = int(str(row[place["行号"]]))
                found.append((str(row[place["文件"]]), sheet, number, {c.strip() for c in codes}))
    return found


def _sheets(path: Path) -> list[list[object]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [["", *csv.reader(file)]]
    book = openpyxl.load_workbook(path, read_only=True)
    # A quarantine sheet bears the source sheet's title and its position.
    return [
        [sheet.title.rpartition("-")[0], *sheet.iter_rows(values_only=True)]
        for sheet in book.worksheets
    ]
