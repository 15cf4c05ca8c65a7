"""Exported branch files: every row once, and dirty rows only where the manifest lists them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from data.importing.cells.columns import FLAW_CODES, parse_column
from data.importing.files.csv_file import open_csv
from data.importing.files.workbook import open_workbook
from data.importing.headings.heading import Heading, find_heading
from data.importing.reasons import REASONS
from data.simulator import Simulation, load_scenario, simulate
from data.simulator.branch_files.branch_files import DirtyRow
from data.simulator.branch_files.dirt import STAINS
from data.simulator.branch_files.export import write_manifest
from model.archive.tables import archive_tables

Row = tuple[object, ...]


@dataclass(frozen=True)
class Found:
    """A row as the import reads it: its position, values and flaws."""

    position: tuple[str, str, int]
    table: str
    row: Row
    flaws: tuple[tuple[str, str], ...]


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(load_scenario(), 1_500, 24, 3)


@pytest.fixture(scope="module")
def inbox(simulation: Simulation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("branches") / "inbox"
    dirty = [row for rows in simulation.export(folder) for row in rows]
    write_manifest(folder.parent / "dirt.csv", dirty)
    return folder


@pytest.fixture(scope="module")
def manifest(inbox: Path) -> dict[tuple[str, str, int], dict[str, str]]:
    with (inbox.parent / "dirt.csv").open(encoding="utf-8", newline="") as file:
        return {(row["file"], row["sheet"], int(row["row"])): row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def found(inbox: Path) -> list[Found]:
    return [row for path in sorted(inbox.iterdir()) for row in _read(path)]


def test_every_clean_row_is_exported_exactly_once(
    simulation: Simulation, found: list[Found], manifest: dict[tuple[str, str, int], dict[str, str]]
) -> None:
    for name, table in archive_tables().items():
        stored = simulation.table(name)
        wanted = Counter(zip(*[stored[c].to_pylist() for c in table.columns], strict=True))
        clean = Counter(
            row.row for row in found if row.table == name and row.position not in manifest
        )
        replaced = sum(m["table"] == name and m["replaced"] == "True" for m in manifest.values())
        assert not clean - wanted
        assert sum((wanted - clean).values()) == replaced


def test_each_dirty_row_has_the_flaw_its_manifest_names(
    found: list[Found], manifest: dict[tuple[str, str, int], dict[str, str]]
) -> None:
    flawed = {row.position: row.flaws for row in found if row.flaws}
    in_cells = {
        position: ((line["reason"], line["column"]),)
        for position, line in manifest.items()
        if not line["reason"].startswith("UNKNOWN_") or line["reason"] == "UNKNOWN_CHOICE"
    }
    assert flawed == in_cells


def test_unknown_members_loans_and_others_are_unknown(
    simulation: Simulation,
    found: list[Found],
    manifest: dict[tuple[str, str, int], dict[str, str]],
) -> None:
    rows = {row.position: row for row in found}
    for name, table, reason in (
        ("member_id", "members", "UNKNOWN_MEMBER"), ("loan_id", "loans", "UNKNOWN_LOAN"),
        ("account_id", "accounts", "UNKNOWN_ACCOUNT"),
        ("station_id", "stations", "UNKNOWN_STATION"),
        ("cooperative_id", "cooperatives", "UNKNOWN_COOPERATIVE"),
    ):  # fmt: skip
        known = set(simulation.table(table)[name].to_pylist())
        positions = [position for position, line in manifest.items() if line["reason"] == reason]
        for position in positions:
            columns = list(archive_tables()[rows[position].table].columns)
            assert rows[position].row[columns.index(name)] not in known


def test_every_stain_names_a_reason_and_a_column_of_the_import() -> None:
    for table, stains in STAINS.items():
        for stain in stains:
            assert stain.reason in REASONS
            assert stain.column in archive_tables()[table].columns


def test_files_are_laid_out_as_branches_send_them(inbox: Path, simulation: Simulation) -> None:
    names = {path.name for path in inbox.iterdir()}
    towns = len(simulation.world.villages.township_names)
    assert sum(name.endswith(".xlsx") for name in names) == towns
    assert "资金月报-莘县-2023.csv" in names
    assert (inbox / "资金月报-莘县-2023.csv").read_bytes().decode("gb18030").count(
        "月日均余额"
    ) == 1


def test_the_same_seed_sends_the_same_files(
    simulation: Simulation, inbox: Path, tmp_path: Path
) -> None:
    again = [row for rows in simulation.export(tmp_path / "inbox") for row in rows]
    write_manifest(tmp_path / "dirt.csv", again)
    assert (tmp_path / "dirt.csv").read_bytes() == (inbox.parent / "dirt.csv").read_bytes()
    for path in inbox.iterdir():
        assert (tmp_path / "inbox" / path.name).read_bytes() == path.read_bytes(), path.name


def test_the_manifest_names_no_person(manifest: dict[tuple[str, str, int], dict[str, str]]) -> None:
    assert {"file", "sheet", "row", "table", "key", "recorded_at", "column", "kind", "reason",
            "replaced"} == set(DirtyRow.__dataclass_fields__)  # fmt: skip
    assert not any("999901" in line["key"] for line in manifest.values())


def _read(path: Path) -> Iterator[Found]:
    opened = open_csv if path.suffix == ".csv" else open_workbook
    with opened(path) as sheets:
        for sheet in sheets:
            lines = [
                (number, cells)
                for chunk in sheet.chunks
                for number, cells in zip(chunk.numbers, chunk.rows, strict=True)
            ]
            heading = find_heading([cells for _, cells in lines[:30]])
            assert isinstance(heading, Heading), path.name
            yield from _rows(path.name, heading, lines[heading.row + 1 :])


def _rows(file: str, heading: Heading, lines: list[tuple[int, list[str]]]) -> Iterator[Found]:
    table, width = heading.table, len(heading.cells)
    rows = [(number, [*cells, *[""] * width]) for number, cells in lines if cells[:1] != ["合计"]]
    parsed = {
        name: parse_column(pa.array([cells[matched.position] for _, cells in rows]), matched.field)
        for name, matched in heading.matched.items()
    }
    stated = {name: column.values.to_pylist() for name, column in parsed.items()}
    columns = table.columns.values()
    values = zip(*[stated.get(c.name, [c.default] * len(rows)) for c in columns], strict=True)
    for at, ((number, _), row) in enumerate(zip(rows, values, strict=True)):
        flaws = tuple(
            (FLAW_CODES[column.flaws[at]], name)
            for name, column in parsed.items()
            if column.flaws[at]
        )
        yield Found((file, table.zh, number), table.name, row, flaws)
