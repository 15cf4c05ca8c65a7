"""``rongzi import``: check branch files row by row into the archive."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Never

import click

from model.errors import UnreadableFileError

if TYPE_CHECKING:
    from data.importing.report import ImportReport
    from data.importing.settling.reading import Progress

_PATH = click.Path(path_type=Path)
_FOLDER = click.Path(path_type=Path, file_okay=False)
#: The bank's clock; China has one zone and no summer time.
_BANK_ZONE = timezone(timedelta(hours=8))


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=_PATH)
@click.option("--archive", required=True, type=_FOLDER, help="Where sound rows are stored.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="JSON report.")
@click.option(
    "--quarantine", type=_FOLDER, help="Where bad rows go; beside the archive if not named."
)
@click.option(
    "--recorded-at",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]),
    help="When the import takes place (bank time): the recording time of rows that state none, and"
    " later than which no row can have been recorded; now if not given.",
)
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
def command(
    files: tuple[Path, ...],
    archive: Path,
    report: Path | None,
    quarantine: Path | None,
    recorded_at: datetime | None,
    workers: int,
) -> None:
    """Check FILES (xlsx or csv, or folders of them) row by row into the archive.

    Bad rows go to quarantine files with their reasons, in Chinese and English; mend them there and
    import them again. Importing the same file twice changes nothing.
    """
    from cli.import_summary import print_summary
    from data.importing.importer import import_files
    from data.storage.archive import Archive

    moment = recorded_at or datetime.now(UTC).astimezone(_BANK_ZONE).replace(tzinfo=None)
    bad = quarantine or archive.parent / "quarantine"
    with _bar() as progress:
        done = import_files(
            files, Archive(archive), bad, moment, workers=workers, progress=progress
        )
    if report:
        _write(report, done)
    print_summary(done)
    if len(done.refused) == len(done.files):
        raise UnreadableFileError("no file could be read; nothing was imported")


@contextmanager
def _bar() -> Iterator[Progress]:
    """Show a bar for each step on a terminal, nothing elsewhere."""
    from tqdm import tqdm

    names = {"reading": "读取 reading", "storing": "入库 storing"}
    bars: dict[str, tqdm[Never]] = {}

    def progress(step: str, done: int, of: int) -> None:
        if step not in bars:
            bars[step] = tqdm(total=of, desc=names[step], disable=None, file=sys.stderr)
        bars[step].update(done - bars[step].n)

    try:
        yield progress
    finally:
        for bar in bars.values():
            bar.close()


def _write(path: Path, done: ImportReport) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(done.as_json(), ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8")
