"""Pages of imports: reports, quarantine files to hand back, and how fresh each table is."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.responses import Response

from api.console.page import Page
from api.console.workbook import Cell, Sheet, sent
from api.operation.import_schemas import FileShape, FreshnessShape, ImportShape, ImportSummary

_COUNTS = ("read", "accepted", "quarantined", "duplicate", "skipped")
_FILTERS = ("table", "only")
#: Files on one page of a report.
_ROWS = 50


async def show_imports(page: Page) -> Response:
    """Show the latest imports."""
    imports = await page.calls.read_list("get_imports", ImportSummary)
    return page.show("imports.html", imports=imports, counts=_COUNTS)


async def show_import(page: Page) -> Response:
    """Show the report of an import: its files by page, all, of one table, or with faults alone."""
    found = await _import(page)
    asked = {name: text for name in _FILTERS if (text := page.asked(name))}
    files = [each for each in found.file_reports if _is_asked(each, asked)]
    start = int(after) if (after := page.asked("after")) and after.isdecimal() else 0
    return page.show(
        "import.html",
        found=found,
        counts=_COUNTS,
        asked=asked,
        files=files[start : start + _ROWS],
        matching=len(files),
        faulty=sum(_has_faults(each) for each in found.file_reports),
        start=start,
        rows=_ROWS,
        query=urlencode(asked),
    )


async def get_quarantine(page: Page) -> Response:
    """Send a quarantine file, as its route does."""
    named = {name: page.named(name) for name in ("import_id", "file_number")}
    reply = await page.calls.call("get_quarantine_file", named)
    found = await _import(page)
    file = next(each for each in found.file_reports if str(each.number) == named["file_number"])
    ending = (file.quarantine or "").rpartition(".")[2]
    name = f"quarantine-{named['import_id']}-{file.number}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(reply.body, headers=headers, media_type="application/octet-stream")


async def get_import_workbook(page: Page) -> Response:
    """Return the report of an import as a workbook."""
    found, language = await _import(page), page.session.language
    tables: list[list[Cell]] = [
        [each.table, getattr(each.label, language), *(getattr(each.counts, n) for n in _COUNTS)]
        for each in found.tables
    ]
    files: list[list[Cell]] = [
        [
            each.number, each.name, *(getattr(each.counts, n) for n in _COUNTS),
            getattr(each.refused, language) if each.refused else None, each.quarantine,
        ]
        for each in found.file_reports
    ]  # fmt: skip
    reasons: list[list[Cell]] = [
        [each.code, getattr(each.text, language), each.rows] for each in found.reasons
    ]
    sheets = [
        Sheet("tables", [["table", "name", *_COUNTS], *tables]),
        Sheet("files", [["number", "file", *_COUNTS, "refused", "quarantine"], *files]),
        Sheet("reasons", [["code", "reason", "rows"], *reasons]),
    ]
    return sent(sheets, f"rongzi-import-{found.id}.xlsx")


async def show_freshness(page: Page) -> Response:
    """Show the last month known of each table, and the counties behind."""
    found = await page.calls.read("get_freshness", FreshnessShape)
    return page.show("freshness.html", found=found, counties=_counties(found))


async def get_freshness_workbook(page: Page) -> Response:
    """Return how fresh the tables are as a workbook: a row a table, a column a county."""
    found = await page.calls.read("get_freshness", FreshnessShape)
    counties = _counties(found)
    rows: list[list[Cell]] = []
    for each in found.tables:
        months = {county.county_code: f"{county.last_month:%Y-%m}" for county in each.counties}
        name = getattr(each.label, page.session.language)
        rows.append([each.table, name, *(months.get(code) for code in counties)])
    sheet = Sheet("freshness", [["table", "name", *counties], *rows])
    return sent([sheet], f"rongzi-freshness-{found.on}.xlsx")


def _has_faults(file: FileShape) -> bool:
    return bool(file.refused or file.refused_sheets or file.counts.quarantined)


def _is_asked(file: FileShape, asked: Mapping[str, str]) -> bool:
    in_table = "table" not in asked or asked["table"] in file.tables
    return in_table and ("only" not in asked or _has_faults(file))


async def _import(page: Page) -> ImportShape:
    return await page.calls.read("get_import", ImportShape, import_id=page.named("import_id"))


def _counties(found: FreshnessShape) -> dict[str, str | None]:
    """Return the names of all counties by code, sorted; rows of no county come last."""
    every = (county for table in found.tables for county in table.counties)
    names = {each.county_code: each.county for each in every}
    return {code: names[code] for code in sorted(names, key=lambda code: (not code, code))}
