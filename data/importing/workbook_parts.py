"""What a workbook says about itself: its sheets, where they are stored, and its day number 0."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from posixpath import dirname, join, normpath

from data.importing.cells import DAY_ZERO_1900, DAY_ZERO_1904
from data.importing.limits import MAX_SHEETS, MAX_SMALL_PART_BYTES
from data.importing.package import BLOCK_BYTES, Package
from data.importing.refusals import RefusedFileError
from data.importing.xml_events import Start, local_name, xml_blocks


@dataclass(frozen=True)
class Workbook:
    """The parts of a workbook: worksheets by name in tab order, texts, styles."""

    sheets: tuple[tuple[str, str], ...]
    shared_texts: str | None
    styles: str | None
    day_zero: date


def read_workbook(package: Package) -> Workbook:
    """Read the relations and the sheet list of a workbook.

    Raises
    ------
    RefusedFileError
        If the package is no workbook, or has too many sheets.
    """
    main = _main_part(package)
    targets = _relations(package, main)
    sheets, day_zero = _sheets(package, main)
    found = [(name, targets[key][1]) for name, key in sheets if _is(targets, key, "worksheet")]
    if not found:
        raise RefusedFileError("FILE_UNKNOWN_FORMAT", "no worksheet")
    if len(found) > MAX_SHEETS:
        raise RefusedFileError("FILE_TOO_WIDE", f"{len(found)} sheets > {MAX_SHEETS}")
    return Workbook(
        tuple(found), _only(targets, "sharedStrings"), _only(targets, "styles"), day_zero
    )


def walk(package: Package, part: str, start: Start) -> None:
    """Call `start` with each element's local name and attributes; for parts that are small."""
    read = 0
    for _ in xml_blocks(package.blocks(part), lambda name, at: start(local_name(name), at)):
        read += BLOCK_BYTES
        if read > MAX_SMALL_PART_BYTES:
            raise RefusedFileError("FILE_BOMB", f"{part} > {MAX_SMALL_PART_BYTES:,} B")


def _main_part(package: Package) -> str:
    if not package.has("_rels/.rels"):
        raise RefusedFileError("FILE_UNKNOWN_FORMAT", "zip")
    main = _only(_relations(package, ""), "officeDocument")
    if main is None or not package.has(main) or main.endswith(".bin"):
        raise RefusedFileError("FILE_UNKNOWN_FORMAT", "xlsb" if main else "zip")
    return main


def _relations(package: Package, part: str) -> dict[str, tuple[str, str]]:
    """Return the kind and target part of each relation of `part`, by its id."""
    folder, name = dirname(part), part.rpartition("/")[2]
    source = join(folder, "_rels", f"{name}.rels")
    found: dict[str, tuple[str, str]] = {}

    def start(element: str, at: dict[str, str]) -> None:
        if element == "Relationship" and at.get("TargetMode") != "External":
            target = normpath(join("/", folder, at.get("Target", "")))
            found[at.get("Id", "")] = at.get("Type", "").rpartition("/")[2], target.lstrip("/")

    if package.has(source):
        walk(package, source, start)
    return found


def _sheets(package: Package, main: str) -> tuple[list[tuple[str, str]], date]:
    """Return each sheet's name and relation id in tab order, and day number 0."""
    sheets: list[tuple[str, str]] = []
    day_zero = [DAY_ZERO_1900]

    def start(element: str, at: dict[str, str]) -> None:
        if element == "sheet":
            key = next((value for name, value in at.items() if local_name(name) == "id"), "")
            sheets.append((at.get("name", ""), key))
        elif element == "workbookPr" and at.get("date1904") in {"1", "true", "on"}:
            day_zero[0] = DAY_ZERO_1904

    walk(package, main, start)
    return sheets, day_zero[0]


def _is(targets: dict[str, tuple[str, str]], key: str, kind: str) -> bool:
    return key in targets and targets[key][0] == kind


def _only(targets: dict[str, tuple[str, str]], kind: str) -> str | None:
    return next((target for found, target in targets.values() if found == kind), None)
