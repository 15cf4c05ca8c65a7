"""Response bodies of imports: what was taken, refused and remarked, and how fresh each table is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, Field

from api.operation.schemas import BothShape
from data.importing.kept import KeptReport
from data.importing.reasons import REASONS, in_general, of_remark
from model.archive.tables import archive_tables
from model.policy.freshness import months_allowed, months_behind, sent_regularly
from model.profile.dictionary import Text


class RowCounts(BaseModel):
    """Rows of data by outcome: read = accepted + quarantined + duplicate."""

    read: int
    accepted: int
    quarantined: int
    duplicate: int
    skipped: int = Field(description="rows that are no data, not part of `read`")


class TableCounts(BaseModel):
    """Rows of one table."""

    table: str
    label: BothShape
    counts: RowCounts


class ReasonCount(BaseModel):
    """A reason for quarantine, and how many rows have it."""

    code: str
    text: BothShape
    rows: int


class RemarkCount(BaseModel):
    """Cells of stored rows that were changed or left out."""

    code: str
    table: str
    column: BothShape
    text: BothShape
    cells: int


class FileShape(BaseModel):
    """One file of an import."""

    number: int = Field(description="of the file in the import, counted from 1")
    name: str = Field(description="without its folder")
    refused: BothShape | None = Field(description="why nothing was read of it; null if it was read")
    refused_sheets: dict[str, BothShape]
    tables: list[str] = Field(description="tables of the archive that it holds rows of, each once")
    counts: RowCounts
    quarantine: str | None = Field(
        description="its bad rows wait in this file; null without bad rows, or once they are gone"
    )


class ImportSummary(BaseModel):
    """One import in short."""

    id: str
    imported_at: datetime
    totals: RowCounts
    files: int
    refused_files: int
    quarantine_files: int = Field(description="files of bad rows when it ended")

    @classmethod
    def of(cls, kept: KeptReport) -> Self:
        """Return the shape of a kept report."""
        files = kept.report["files"]
        return cls(
            id=kept.name,
            imported_at=datetime.fromisoformat(kept.imported_at),
            totals=RowCounts(**kept.report["totals"]),
            files=len(files),
            refused_files=sum(each["refused"] is not None for each in files),
            quarantine_files=sum(each["quarantine"] is not None for each in files),
        )


class ImportShape(ImportSummary):
    """One import in full."""

    tables: list[TableCounts]
    reasons: list[ReasonCount]
    remarks: list[RemarkCount]
    file_reports: list[FileShape]

    @classmethod
    def whole(cls, kept: KeptReport, present: Collection[str]) -> Self:
        """Return the shape of a kept report; `present` are the quarantine files that are there."""
        report = kept.report
        return cls(
            **ImportSummary.of(kept).model_dump(),
            tables=[
                TableCounts(table=name, label=_table(name), counts=RowCounts(**counts))
                for name, counts in report["tables"].items()
            ],
            reasons=[
                ReasonCount(code=code, text=_both(in_general(REASONS[code])), rows=rows)
                for code, rows in report["reasons"].items()
            ],
            remarks=list(_remarks(report["remarks"])),
            file_reports=[
                _file(number, each, present) for number, each in enumerate(report["files"], start=1)
            ],
        )


class CountyMonth(BaseModel):
    """The last month known of a county; the code is empty for rows of no county."""

    county_code: str
    county: str | None = Field(description="its name; null where the edition in use has none")
    last_month: date
    is_behind: bool = Field(
        description="whether another county is known to a later month of a table sent regularly"
    )


class FreshTable(BaseModel):
    """How fresh one table is."""

    table: str
    label: BothShape
    last_month: date = Field(description="the first day of it")
    months_behind: int = Field(description="full months between it and the month before today")
    most_months: int | None = Field(description="above which no profile is made; null: no limit")
    is_stale: bool
    counties: list[CountyMonth]


class FreshnessShape(BaseModel):
    """The last month known of each table by county, after the last import."""

    imported_at: datetime | None = Field(description="null before the first import on record")
    on: date
    tables: list[FreshTable]

    @classmethod
    def of(
        cls,
        kept: KeptReport | None,
        on: date,
        places: Collection[str],
        names: Mapping[str, str | None],
    ) -> Self:
        """Return how fresh the tables are on a day, in the counties of `places`.

        Parameters
        ----------
        names
            Names of counties by code.
        """
        if kept is None:
            return cls(imported_at=None, on=on, tables=[])
        months, allowed = kept.report["last_months"].items(), months_allowed(on)
        regular = sent_regularly(on)
        found = (
            _fresh(table, counties, on, allowed.get(table), table in regular, places, names)
            for table, counties in months
        )
        tables = [each for each in found if each.counties]
        return cls(imported_at=datetime.fromisoformat(kept.imported_at), on=on, tables=tables)


def _fresh(
    table: str,
    months: Mapping[str, str],
    on: date,
    most: int | None,
    is_regular: bool,
    places: Collection[str],
    names: Mapping[str, str | None],
) -> FreshTable:
    known = {code: date.fromisoformat(f"{month}-01") for code, month in months.items()}
    last = max(known.values())
    behind = months_behind(last, on)
    return FreshTable(
        table=table,
        label=_table(table),
        last_month=last,
        months_behind=behind,
        most_months=most,
        is_stale=most is not None and behind > most,
        counties=[
            CountyMonth(
                county_code=code,
                county=names.get(code),
                last_month=month,
                is_behind=is_regular and month < last,
            )
            for code, month in known.items()
            if any(place.startswith(code) or code.startswith(place) for place in places)
        ],
    )


def _file(number: int, file: Mapping[str, Any], present: Collection[str]) -> FileShape:
    names = RowCounts.model_fields
    quarantine = Path(file["quarantine"]).name if file["quarantine"] else None
    return FileShape(
        number=number,
        name=_shown(Path(file["file"]).name),
        refused=_refusal(file["refused"]) if file["refused"] else None,
        refused_sheets={_shown(n): _refusal(each) for n, each in file["refused_sheets"].items()},
        tables=list(dict.fromkeys(each["table"] for each in file["tables"])),
        counts=RowCounts(**{name: sum(t[name] for t in file["tables"]) for name in names}),
        quarantine=_shown(quarantine) if quarantine and quarantine in present else None,
    )


def _remarks(remarks: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Iterator[RemarkCount]:
    for table, columns in remarks.items():
        for column, codes in columns.items():
            declared = archive_tables()[table].columns[column]
            for code, cells in codes.items():
                yield RemarkCount(
                    code=code, table=table, column=BothShape(zh=declared.zh, en=declared.en),
                    text=_both(of_remark(code)), cells=cells,
                )  # fmt: skip


def _refusal(refusal: Mapping[str, str]) -> BothShape:
    return BothShape(zh=refusal["zh"], en=refusal["en"])


def _table(name: str) -> BothShape:
    table = archive_tables()[name]
    return BothShape(zh=table.zh, en=table.en)


def _both(text: Any) -> BothShape:
    return BothShape.of(Text(text.zh, text.en))


def _shown(name: str) -> str:
    """Return a name that may hold bytes that are no text, as text."""
    return name.encode("utf-8", "replace").decode()
