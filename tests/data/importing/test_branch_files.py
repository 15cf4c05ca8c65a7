"""Importing exported branch files restores the simulated archive, except for spoilt rows."""

import csv
from datetime import date, datetime

import pyarrow as pa
import pytest

from data.importing.files.formats import open_sheets
from data.importing.headings.heading import QUARANTINE_HEADERS, find_heading
from data.importing.importer import import_files
from data.simulator import load_scenario, simulate
from data.simulator.branch_files.export import write_manifest
from data.storage.archive import Archive
from data.storage.profiles import profile_as_of
from model.archive.tables import RECORDED_AT, archive_tables

TABLES = archive_tables()
MOMENT = datetime.fromisoformat("2026-01-01T00:00:00")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A simulated archive, the branch files it exports, and the archive they are imported into."""
    folder = tmp_path_factory.mktemp("branches")
    simulation = simulate(load_scenario(), 700, 24, 5)
    simulation.write(Archive(folder / "simulated"))
    dirty = [row for rows in simulation.export(folder / "inbox") for row in rows]
    write_manifest(folder / "dirt.csv", dirty)
    return folder


@pytest.fixture(scope="module")
def report(folder):
    archive = Archive(folder / "imported")
    return import_files([folder / "inbox"], archive, folder / "quarantine", MOMENT)


@pytest.fixture(scope="module")
def dirty(folder):
    with (folder / "dirt.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def versions(archive, table):
    """Return every stored row as text, by key and recording time."""
    key = (*TABLES[table].key, RECORDED_AT)
    rows = archive.read(table).to_pylist()
    return {";".join(f"{name}={row[name]}" for name in key): row for row in rows}


def spoilt(dirty, table):
    return {
        f"{row['key']};{RECORDED_AT}={row['recorded_at']}"
        for row in dirty
        if row["table"] == table and row["replaced"] == "True"
    }


@pytest.mark.parametrize("table", TABLES)
def test_the_imported_rows_are_the_simulated_ones_but_for_those_a_dirty_row_replaced(
    folder, report, dirty, table
):
    simulated = versions(Archive(folder / "simulated"), table)
    imported = versions(Archive(folder / "imported"), table)
    assert imported == {k: row for k, row in simulated.items() if k not in spoilt(dirty, table)}


def test_exactly_the_dirty_rows_are_in_quarantine_with_the_right_reason(report, dirty):
    found = {}
    for file in report.files:
        if file.quarantine:
            found |= quarantined(file.quarantine)
    assert found == {(row["file"], row["table"], row["row"]): row["reason"] for row in dirty}
    assert len(found) == report.totals.quarantined


def quarantined(path):
    """Return file, table and row number of each row in a quarantine file, and its codes."""
    first = QUARANTINE_HEADERS[0]
    found = {}
    with open_sheets(path) as sheets:
        for sheet in sheets:
            header, *rows = [row for chunk in sheet.chunks for row in chunk.rows]
            table, at = find_heading([header]).table.name, header.index(first)
            found |= {(row[at], table, row[at + 1]): row[at + 3] for row in rows}
    return found


def test_the_imported_archive_gives_the_same_profiles(folder, report, dirty):
    expected = Archive(folder / "expected")
    for table in TABLES:
        rows = versions(Archive(folder / "simulated"), table)
        gone = spoilt(dirty, table)
        content = [row for key, row in rows.items() if key not in gone]
        schema = Archive(folder / "simulated").read(table).schema
        expected.append(table, pa.Table.from_pylist(content, schema))
    day = date(2023, 10, 1)
    assert profile_as_of(Archive(folder / "imported"), day) == profile_as_of(expected, day)


def test_importing_the_same_files_again_changes_nothing(folder, report):
    archive = Archive(folder / "imported")
    digest = archive.digest()
    again = import_files([folder / "inbox"], archive, folder / "quarantine", MOMENT)
    assert again.totals.accepted == 0
    assert again.totals.duplicate == report.totals.accepted
    assert again.reasons == report.reasons
    assert archive.digest() == digest
