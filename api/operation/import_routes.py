"""Routes of imports: past reports, quarantine files to hand back, and how fresh each table is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as File
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request, Response

from api.access.audit import note_rows_shown
from api.access.dependencies import Caller, ResourcesInUse, ServiceInUse
from api.editions.edition import PlaceFilter
from api.editions.in_use import Service
from api.http.fields import EXPECTED
from api.http.openapi import refusals
from api.http.problem_kinds import NOT_FOUND, NOT_READY, UNREADABLE_FILE
from api.http.problems import FieldError, ProblemError
from api.operation.import_schemas import FreshnessShape, ImportShape, ImportSummary
from data.importing.kept import IMPORTS, NAME, QUARANTINE, KeptReport, read_report, reports
from model.errors import StorageError
from model.profile.dictionary import Text

router = APIRouter(prefix="/v1", tags=["operation"])

#: Imports that the list holds.
MOST = 60
_ANY_FILE = "application/octet-stream"
_FOLDERS = re.compile(r"(?<!\w)/(?:[^\s/:;,]+/)+")
ImportId = Annotated[str, Path(pattern=f"^{NAME.pattern}$", description=EXPECTED["import_id"].en)]

FileNumber = Annotated[int, Path(ge=1, le=100_000, description=EXPECTED["file_number"].en)]


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except (StorageError, PermissionError) as error:
        why = Text("服务账号无法读取该文件，或文件已损坏", _FOLDERS.sub("", str(error)))
        raise ProblemError(UNREADABLE_FILE, [FieldError("file", why)]) from error


@router.get("/imports", summary="List the latest imports", responses=refusals(UNREADABLE_FILE))
def get_imports(service: ServiceInUse) -> list[ImportSummary]:
    """Return the latest imports on record, latest first: rows taken, refused and repeated."""
    with _reading():
        return [ImportSummary.of(each) for each in reports(_imports(service), MOST)]


@router.get(
    "/imports/{import_id}",
    summary="Show the report of an import",
    responses=refusals(NOT_FOUND, UNREADABLE_FILE),
)
def get_import(service: ServiceInUse, import_id: ImportId) -> ImportShape:
    """Return counts by table, reasons, remarks, and each file with its quarantine file."""
    kept, folder = _report(service, import_id), service.settings.home / QUARANTINE
    with _reading():
        present = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    return ImportShape.whole(kept, present)


@router.get(
    "/imports/{import_id}/files/{file_number}/quarantine",
    summary="Download the quarantine file of a file, to hand it back",
    responses={
        200: {"content": {_ANY_FILE: {"schema": {"type": "string", "format": "binary"}}}},
        **refusals(NOT_FOUND, UNREADABLE_FILE),
    },
    response_class=Response,
)
def get_quarantine_file(
    request: Request,
    service: ServiceInUse,
    import_id: ImportId,
    file_number: FileNumber,
) -> Response:
    """Return the bad rows of a file with their reasons; id numbers, phones and names are masked.

    Each download is on the access record with the number of rows.
    """
    found = _report(service, import_id).quarantine_of(file_number)
    if found is None:
        raise ProblemError(NOT_FOUND)
    name, rows = found
    payload = _bytes(service.settings.home / QUARANTINE / name)
    note_rows_shown(request, None, rows)
    shown = quote(name.encode("utf-8", "replace"))
    return Response(
        payload,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{shown}"},
        media_type=_ANY_FILE,
    )


@router.get(
    "/freshness",
    summary="Show the last month known of each table by county",
    responses=refusals(NOT_READY, UNREADABLE_FILE),
)
def get_freshness(
    service: ServiceInUse, resources: ResourcesInUse, caller: Caller
) -> FreshnessShape:
    """Return how fresh each table was after the last import, in the caller's counties."""
    on = resources.edition.manifest.plays_on or service.today()
    with _reading():
        last = next(iter(reports(_imports(service), 1)), None)
    rows = resources.edition.funnel("county", PlaceFilter(within=caller.places))
    names = {row["place_code"]: row["county"] for row in rows}
    return FreshnessShape.of(last, on, caller.places, names)


def _imports(service: Service) -> File:
    return service.settings.home / IMPORTS


def _report(service: Service, import_id: str) -> KeptReport:
    with _reading():
        kept = read_report(_imports(service), import_id)
    if kept is None:
        raise ProblemError(NOT_FOUND)
    return kept


def _bytes(path: File) -> bytes:
    try:
        with _reading():
            return path.read_bytes()
    except FileNotFoundError as error:
        raise ProblemError(NOT_FOUND) from error
