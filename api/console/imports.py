"""Pages of imports: reports, quarantine files to hand back, and how fresh each table is."""

from __future__ import annotations

from starlette.responses import Response

from api.console.page import Page
from api.console.workbook import Cell, Sheet, sent
from api.operation.import_schemas import FreshnessShape, ImportShape, ImportSummary

_COUNTS = ("read", "accepted", "quarantined", "duplicate", "skipped")


async def show_imports(page: Page) -> Response:
    """Show the latest imports."""
    imports = await page.calls.read_list("get_imports", ImportSummary)
    return page.show("imports.html", imports=imports, counts=_COUNTS)


async def show_import(page: Page) -> Response:
    """Show the report of an import, with the quarantine files that wait."""
    return page.show("import.html", found=await _import(page), counts=_COUNTS)


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


async def _import(page: Page) -> ImportShape:
    return await page.calls.read("get_import", ImportShape, import_id=page.named("import_id"))


def _counties(found: FreshnessShape) -> dict[str, str | None]:
    """Return the names of all counties by code, sorted; rows of no county come last."""
    every = (county for table in found.tables for county in table.counties)
    names = {each.county_code: each.county for each in every}
    return {code: names[code] for code in sorted(names, key=lambda code: (not code, code))}
