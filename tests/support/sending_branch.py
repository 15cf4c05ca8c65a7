"""A branch that sends csv files, the bank that imports them, and sample rows."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from data.importing.headings.spellings import export_headers
from data.importing.importer import import_files
from data.importing.report import ImportReport
from data.storage.archive import Archive
from model.archive.id_numbers import check_digit
from model.archive.tables import archive_tables

TABLES = archive_tables()
FIRST, LATER = (datetime.fromisoformat(f"2023-10-0{day}T12:00:00") for day in (1, 2))


def id_number(serial: int, born: str = "19800101") -> str:
    digits = f"999901{born}{serial * 2 + 1:03d}"
    return digits + check_digit(digits)


def member(serial: int, **changes: str) -> dict[str, str]:
    return {
        "member_id": f"M{serial:03d}", "id_number": id_number(serial), "name": "张三",
        "gender": "男", "birth_date": "1980-01-01", "village_code": "371522100201",
        "household_id": f"H{serial:03d}", "household_size": "4", "labourers": "2",
        "education": "初中", "occupation": "种植", "joined_on": "2020-05-06",
        "recorded_at": "2020-05-06 10:00:00", **changes,
    }  # fmt: skip


def parcels(serial: int, month: str = "2023-05", sent: str = "3", **changes: str) -> dict[str, str]:
    return {
        "member_id": f"M{serial:03d}", "month": month, "sent": sent, "received": "2",
        "fresh_sent": "1", "damage_claims": "0", "recorded_at": "2023-06-02 09:00:00", **changes,
    }  # fmt: skip


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    total = report.totals
    return total.read, total.accepted, total.quarantined, total.duplicate


class SendingBranch:
    """A branch that sends csv files, and the bank that imports them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.archive = folder, Archive(folder / "archive")
        self.quarantine = folder / "quarantine"

    def file(
        self,
        name: str,
        table: str,
        rows: Sequence[Mapping[str, str]],
        without: Collection[str] = (),
    ) -> Path:
        columns = {c: h for c, h in export_headers(TABLES[table]).items() if c not in without}
        path = self.folder / name
        with path.open("w", encoding="gb18030", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns.values())
            writer.writerows([row.get(c, "") for c in columns] for row in rows)
        return path

    def send(
        self, *paths: Path, moment: datetime = FIRST, archive: Archive | None = None
    ) -> ImportReport:
        return import_files(paths, archive or self.archive, self.quarantine, moment, workers=1)

    def imported(
        self,
        name: str,
        table: str,
        rows: Sequence[Mapping[str, str]],
        moment: datetime = FIRST,
        without: Collection[str] = (),
    ) -> ImportReport:
        return self.send(self.file(name, table, rows, without), moment=moment)

    def rows(self, table: str, *columns: str) -> list[tuple[object, ...]]:
        return [tuple(row[c] for c in columns) for row in self.archive.read(table).to_pylist()]

    def parts(self) -> dict[str, int]:
        return {table: len(self.archive.parts(table)) for table in TABLES}
