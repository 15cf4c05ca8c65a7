"""The import of branch files: read, settle and store, quarantine, report."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from data.importing.answers import answered, is_whole
from data.importing.inbox import collect_files
from data.importing.parents import known_parents
from data.importing.quarantine import (
    BadSheet,
    bad_rows,
    count_reasons,
    quarantine_path,
    write_quarantine,
)
from data.importing.report import Counts, FileReport, ImportReport, SheetReport
from data.importing.settling.reading import Progress, stage_files
from data.importing.settling.settling import Settled, store_files, stored_rows
from data.importing.settling.staging import StagedFile
from data.storage.archive import Archive
from data.storage.freshness import last_months
from model.errors import StorageError, disk_fault

_STAGING = ".import-"


def _silent(_step: str, _done: int, _of: int) -> None:
    """Show no progress."""


def import_files(
    paths: Iterable[Path],
    archive: Archive,
    quarantine: Path,
    recorded_at: datetime,
    *,
    workers: int = 2,
    progress: Progress = _silent,
) -> ImportReport:
    """Check the rows of branch files and store the good ones in `archive`.

    Bad rows do not stop an import: they go to files in `quarantine`. A file that cannot be read is
    refused and named in the report. Importing the same files again changes nothing. The rows of all
    tables become visible together; an import that is killed or fails before stores nothing.

    Parameters
    ----------
    paths : iterable of Path
        Files and folders of files, in any order.
    recorded_at : datetime
        When the import takes place, in the bank's local time: the recording time of rows that
        state none. A row with a later recording time is refused as FUTURE_DATE.
    workers : int
        Processes that read files; the outcome is the same for any number.

    Raises
    ------
    ArchiveError
        If another import is writing to `archive`.
    RongziError
        If a reading process dies; nothing is stored then.
    StorageError
        If the disk is full or read-only; the message says what is stored.
    """
    with archive.writing() as written, _staging(archive) as folder:
        inbox = collect_files(paths, [archive.folder, quarantine])
        files = stage_files(inbox.files, folder, recorded_at, workers, progress)
        settled = store_files(files, written, recorded_at, folder, progress)
        written.commit()
        parents = known_parents(archive, [sheet for file in files for sheet in file.sheets])
        try:
            reports = [_report_file(file, settled, parents, quarantine) for file in files]
        except OSError as error:
            raise StorageError(
                f"{quarantine}: {disk_fault(error)}; the sound rows are in the archive"
                f" ({stored_rows(files, settled)}), the bad rows are not written; import the same"
                " files again to get them"
            ) from error
    return ImportReport(
        archive.folder, recorded_at, reports, inbox.passed_over, last_months(archive)
    )


@contextmanager
def _staging(archive: Archive) -> Iterator[Path]:
    """Make a temporary folder for the import; delete folders left by an import that crashed."""
    for stale in archive.folder.glob(f"{_STAGING}*"):
        shutil.rmtree(stale)
    with TemporaryDirectory(dir=archive.folder, prefix=_STAGING) as folder:
        yield Path(folder)


def _report_file(
    file: StagedFile,
    settled: Mapping[int, Settled],
    parents: Mapping[str, pa.Array],
    quarantine: Path,
) -> FileReport:
    """Write the bad rows of `file` to quarantine and report the file.

    A corrected quarantine file settles the one that it came from: each of its rows is stored by
    now, or in the file written here.
    """
    bad = [
        BadSheet(each, bad_rows(each, settled[each.start].refused, parents)) for each in file.sheets
    ]
    filled = [each for each in bad if each.rows.num_rows]
    path, answers = quarantine_path(quarantine, file), answered(file, quarantine)
    is_settled = answers is not None and is_whole(file, answers)
    if filled:
        write_quarantine(path, file.path.name, filled)
    elif file.digest:
        path.unlink(missing_ok=True)
    if answers and is_settled and answers != path:
        answers.unlink(missing_ok=True)
    sheets = [_report_sheet(each, settled[each.sheet.start]) for each in bad]
    return FileReport(file.path, sheets, file.refusal, file.refused, path if filled else None)


def _report_sheet(bad: BadSheet, settled: Settled) -> SheetReport:
    sheet, quarantined = bad.sheet, bad.rows.num_rows
    skipped = sum(sheet.skipped.values())
    counts = Counts(sheet.read, settled.stored, quarantined, settled.duplicate, skipped)
    return SheetReport(
        sheet.sheet, sheet.table, counts, count_reasons(bad.rows), sheet.unknown, sheet.remarks,
        sheet.skipped,
    )  # fmt: skip
