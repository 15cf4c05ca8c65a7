"""Report of an import; its counts reconcile: read = accepted + quarantined + duplicate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from data.importing.refusals import Refusal
from data.importing.remarks import RemarkCounts, add_remarks
from data.storage.freshness import LastMonths
from model.archive.tables import archive_tables


@dataclass(frozen=True)
class Counts:
    """Numbers of rows of data by outcome; `skipped` rows are no data and not part of `read`."""

    read: int = 0
    accepted: int = 0
    quarantined: int = 0
    duplicate: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.read + other.read,
            self.accepted + other.accepted,
            self.quarantined + other.quarantined,
            self.duplicate + other.duplicate,
            self.skipped + other.skipped,
        )


@dataclass(frozen=True)
class SheetReport:
    """One sheet of a file and the table that it holds.

    Attributes
    ----------
    reasons : mapping of str to int
        Code → number of rows with this problem; a row may have several.
    unknown_columns : sequence of str
        Headers that name no column; their cells were not imported.
    remarks : mapping of str to mapping of str to int
        Column → code → number of cells that were changed or left out in rows that passed their
        checks.
    passed_over : mapping of str to int
        Code of `reasons.PASSED_OVER` → number of rows that are no data; their sum is `skipped`.
    """

    sheet: str
    table: str
    counts: Counts
    reasons: Mapping[str, int] = field(default_factory=dict)
    unknown_columns: Sequence[str] = ()
    remarks: RemarkCounts = field(default_factory=dict)
    passed_over: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class FileReport:
    """One file: its sheets, why it or some of them were refused, and its quarantine file."""

    file: Path
    sheets: Sequence[SheetReport] = ()
    refusal: Refusal | None = None
    refused_sheets: Mapping[str, Refusal] = field(default_factory=dict)
    quarantine: Path | None = None


@dataclass(frozen=True)
class ImportReport:
    """The report of one import.

    Attributes
    ----------
    files_passed_over : sequence of Path
        Files of a folder that were not opened, because their endings name no branch file.
    last_months : LastMonths
        The last month that the archive knows of each table, by county, after the import.
    """

    archive: Path
    recorded_at: datetime
    files: Sequence[FileReport]
    files_passed_over: Sequence[Path] = ()
    last_months: LastMonths = field(default_factory=lambda: LastMonths({}))

    @property
    def tables(self) -> Mapping[str, Counts]:
        """Counts of the tables that were imported, in the order of the contract."""
        sheets = [sheet for file in self.files for sheet in file.sheets]
        imported = {sheet.table for sheet in sheets}
        return {
            name: sum((s.counts for s in sheets if s.table == name), Counts())
            for name in archive_tables()
            if name in imported
        }

    @property
    def totals(self) -> Counts:
        """Counts over all tables."""
        return sum(self.tables.values(), Counts())

    @property
    def reasons(self) -> Mapping[str, int]:
        """Numbers of rows by reason over all files, most frequent first."""
        return _sum_reasons(sheet.reasons for file in self.files for sheet in file.sheets)

    @property
    def passed_over(self) -> Mapping[str, int]:
        """Numbers of rows that are no data, by code over all files, most frequent first."""
        return _sum_reasons(sheet.passed_over for file in self.files for sheet in file.sheets)

    @property
    def remarks(self) -> Mapping[str, RemarkCounts]:
        """Numbers of remarks over all files: table → column → code → number of cells."""
        sheets = [sheet for file in self.files for sheet in file.sheets]
        by_table = {
            name: add_remarks(sheet.remarks for sheet in sheets if sheet.table == name)
            for name in self.tables
        }
        return {name: counts for name, counts in by_table.items() if counts}

    @property
    def refused(self) -> Sequence[FileReport]:
        """The files from which nothing was imported."""
        return [file for file in self.files if file.refusal]

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "archive": str(self.archive),
            "recorded_at": self.recorded_at.isoformat(),
            "totals": vars(self.totals),
            "reasons": dict(self.reasons),
            "remarks": self.remarks,
            "passed_over": dict(self.passed_over),
            "tables": {name: vars(counts) for name, counts in self.tables.items()},
            "files": [_file_json(file) for file in self.files],
            "files_passed_over": [str(file) for file in self.files_passed_over],
            "last_months": self.last_months.as_json(),
        }


def _sum_reasons(counts: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))


def _file_json(file: FileReport) -> dict[str, Any]:
    return {
        "file": str(file.file),
        "refused": _refusal_json(file.refusal),
        "quarantine": str(file.quarantine) if file.quarantine else None,
        "tables": [
            {
                "table": sheet.table,
                "sheet": sheet.sheet,
                **vars(sheet.counts),
                "reasons": dict(sheet.reasons),
                "remarks": sheet.remarks,
                "passed_over": dict(sheet.passed_over),
                "unknown_columns": list(sheet.unknown_columns),
            }
            for sheet in file.sheets
        ],
        "refused_sheets": {name: _refusal_json(each) for name, each in file.refused_sheets.items()},
    }


def _refusal_json(refusal: Refusal | None) -> dict[str, str] | None:
    if refusal is None:
        return None
    text = refusal.text()
    return {"code": refusal.code, "zh": text.zh, "en": text.en}
