"""What an import did, as counts that reconcile: read = accepted + quarantined + duplicate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from data.importing.refusals import Refusal
from model.archive.tables import archive_tables


@dataclass(frozen=True)
class Counts:
    """Rows of data, and what became of them; `skipped` rows are no data and not among them."""

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
    """One sheet of a file and the table it was taken for.

    Attributes
    ----------
    reasons : mapping of str to int
        Code → rows that have this problem; a row may have several.
    unknown_columns : sequence of str
        Headers of columns that no table has; their cells were not taken.
    """

    sheet: str
    table: str
    counts: Counts
    reasons: Mapping[str, int] = field(default_factory=dict)
    unknown_columns: Sequence[str] = ()


@dataclass(frozen=True)
class FileReport:
    """One file: its sheets, why it or some of them were refused, where its bad rows are."""

    file: Path
    sheets: Sequence[SheetReport] = ()
    refusal: Refusal | None = None
    refused_sheets: Mapping[str, Refusal] = field(default_factory=dict)
    quarantine: Path | None = None


@dataclass(frozen=True)
class ImportReport:
    """A whole import."""

    archive: Path
    recorded_at: datetime
    files: Sequence[FileReport]

    @property
    def tables(self) -> Mapping[str, Counts]:
        """Counts by table, in the order of the contract, of the tables that occurred."""
        sheets = [sheet for file in self.files for sheet in file.sheets]
        met = {sheet.table for sheet in sheets}
        return {
            name: sum((s.counts for s in sheets if s.table == name), Counts())
            for name in archive_tables()
            if name in met
        }

    @property
    def totals(self) -> Counts:
        """Counts over everything."""
        return sum(self.tables.values(), Counts())

    @property
    def reasons(self) -> Mapping[str, int]:
        """Rows by reason over everything, most frequent first."""
        return _summed(sheet.reasons for file in self.files for sheet in file.sheets)

    @property
    def refused(self) -> Sequence[FileReport]:
        """The files of which nothing was taken."""
        return [file for file in self.files if file.refusal]

    def as_json(self) -> dict[str, Any]:
        """Return the report as values that JSON can hold."""
        return {
            "archive": str(self.archive),
            "recorded_at": self.recorded_at.isoformat(),
            "totals": vars(self.totals),
            "reasons": dict(self.reasons),
            "tables": {name: vars(counts) for name, counts in self.tables.items()},
            "files": [_file(file) for file in self.files],
        }


def _summed(counts: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))


def _file(file: FileReport) -> dict[str, Any]:
    return {
        "file": str(file.file),
        "refused": _refusal(file.refusal),
        "quarantine": str(file.quarantine) if file.quarantine else None,
        "tables": [
            {
                "table": sheet.table,
                "sheet": sheet.sheet,
                **vars(sheet.counts),
                "reasons": dict(sheet.reasons),
                "unknown_columns": list(sheet.unknown_columns),
            }
            for sheet in file.sheets
        ],
        "refused_sheets": {name: _refusal(each) for name, each in file.refused_sheets.items()},
    }


def _refusal(refusal: Refusal | None) -> dict[str, str] | None:
    if refusal is None:
        return None
    text = refusal.text()
    return {"code": refusal.code, "zh": text.zh, "en": text.en}
