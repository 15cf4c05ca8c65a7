"""An import from first to last: read the files, settle and store, quarantine, report.

Which files an import reads, and in which order.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from data.importing.quarantine import (
    BadSheet,
    bad_rows,
    quarantine_path,
    reasons,
    write_quarantine,
)
from data.importing.report import Counts, FileReport, ImportReport, SheetReport
from data.importing.settling.reading import Progress, stage_files
from data.importing.settling.repeats import DUPLICATE
from data.importing.settling.settling import UNKNOWN
from data.importing.settling.staging import StagedFile
from data.importing.settling.storing import Settled, store
from data.storage.archive import Archive
from model.archive.tables import archive_tables

#: Of a folder, only these are taken; a file named by itself is read whatever its ending.
ENDINGS = frozenset({".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".txt"})


def collect(paths: Iterable[Path], stores: Sequence[Path] = ()) -> list[Path]:
    """Return the files among `paths` and in the folders among them, each once.

    The order is by file name, then by path: it does not depend on the order of `paths`. Folders
    in `stores` (archive, quarantine) are not searched from above, only when named themselves.
    """
    found = {file.resolve(): file for path in paths for file in _files(path, stores)}
    return sorted(found.values(), key=lambda file: (file.name, str(file)))


def _files(path: Path, stores: Sequence[Path]) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    skipped = [s.resolve() for s in stores if not path.resolve().is_relative_to(s.resolve())]
    for file in path.rglob("*"):
        inside = any(file.resolve().is_relative_to(store) for store in skipped)
        if not inside and _is_branch_file(file):
            yield file


def _is_branch_file(file: Path) -> bool:
    """Return whether `file` in a folder is meant; ``~$`` marks the lock of an open workbook."""
    is_hidden = file.name.startswith((".", "~$"))
    return file.is_file() and not is_hidden and file.suffix.lower() in ENDINGS


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
    """Check the rows of branch files and store the sound ones in `archive`.

    Bad rows never stop an import: they go to files in `quarantine`. A file that cannot be read is
    refused and named in the report. The same files imported again change nothing.

    Parameters
    ----------
    paths : iterable of Path
        Files, and folders whose branch files are meant; their order is irrelevant.
    recorded_at : datetime
        When the import takes place, in the bank's local time: the recording time of rows that
        state none; a row recorded later is refused as FUTURE_DATE.
    workers : int
        Processes that read files; the outcome is the same for any number.

    Raises
    ------
    ArchiveError
        If another import is writing to `archive`.
    RongziError
        If a reading process dies; nothing is stored then.
    """
    with archive.locked(), _staging(archive) as folder:
        found = collect(paths, [archive.folder, quarantine])
        files = stage_files(found, folder, recorded_at, workers, progress)
        settled = store(files, archive, recorded_at, folder, progress)
        parents = {name: _keys(archive, name) for name in UNKNOWN}
        reports = [_close(file, settled, parents, quarantine) for file in files]
    return ImportReport(archive.folder, recorded_at, reports)


@contextmanager
def _staging(archive: Archive) -> Iterator[Path]:
    """Make a folder for the time of the import; remove what a crash has left of an older one."""
    for stale in archive.folder.glob(f"{_STAGING}*"):
        shutil.rmtree(stale)
    with TemporaryDirectory(dir=archive.folder, prefix=_STAGING) as folder:
        yield Path(folder)


def _keys(archive: Archive, table: str) -> pa.Array:
    (key,) = archive_tables()[table].key
    return archive.read(table, [key])[key].unique()


def _close(
    file: StagedFile,
    settled: Mapping[int, Settled],
    parents: Mapping[str, pa.Array],
    quarantine: Path,
) -> FileReport:
    """Quarantine the bad rows of `file` and report it."""
    bad = [
        BadSheet(each, bad_rows(each, settled[each.start].verdicts, parents))
        for each in file.sheets
    ]
    filled = [each for each in bad if each.rows.num_rows]
    path = quarantine_path(quarantine, file)
    if filled:
        write_quarantine(path, file.path.name, filled)
    elif file.digest:
        path.unlink(missing_ok=True)
    sheets = [_report(each, settled[each.sheet.start]) for each in bad]
    return FileReport(file.path, sheets, file.refusal, file.refused, path if filled else None)


def _report(bad: BadSheet, settled: Settled) -> SheetReport:
    sheet, quarantined = bad.sheet, bad.rows.num_rows
    duplicate = int(np.count_nonzero(settled.verdicts.codes == DUPLICATE))
    counts = Counts(sheet.read, settled.stored, quarantined, duplicate, sheet.skipped)
    return SheetReport(sheet.sheet, sheet.table, counts, reasons(bad.rows), sheet.unknown)
