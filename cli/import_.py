"""``rongzi import``: check branch files row by row into the archive.

What an import prints at its end: counts by table, reasons, refused files, what to do now.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Never

import click

from model.errors import UnreadableFileError

if TYPE_CHECKING:
    from data.importing.report import Counts, ImportReport
    from data.importing.settling.reading import Progress

_HEAD = ("表 table", "读取 read", "入库 accepted", "隔离 quarantined", "重复 duplicate")
#: More than this is in the report.
_SHOWN = 20


def print_summary(done: ImportReport) -> None:
    """Print the counts of an import so that an operator sees what to do next."""
    from model.archive.tables import archive_tables

    names = {name: f"{archive_tables()[name].zh} {name}" for name in done.tables}
    rows = [_row(names[name], counts) for name, counts in done.tables.items()]
    if rows:
        _print_table([_HEAD, *rows, _row("合计 total", done.totals)])
    if done.totals.skipped:
        click.echo(
            f"另有 {done.totals.skipped:,} 行非数据行（空行、合计、附注） rows that are no data"
        )
    _print_reasons(done)
    _print_refused(done)
    _print_empty(done)
    _print_unknown_columns(done)
    _print_quarantine(done)


def _row(name: str, counts: Counts) -> tuple[str, ...]:
    numbers = (counts.read, counts.accepted, counts.quarantined, counts.duplicate)
    return name, *(f"{number:,}" for number in numbers)


def _print_reasons(done: ImportReport) -> None:
    from data.importing.reasons import REASONS

    if done.reasons:
        click.echo("\n隔离原因 reasons for quarantine")
    for code, count in done.reasons.items():
        click.echo(f"{count:>9,}  {code}  {_brief(REASONS[code].zh)}")


def _brief(text: str) -> str:
    """Return a reason without what depends on its column."""
    general = text.replace("{column}", "一列的值").replace("{other}", "另一列")
    return re.sub(r"[，：（][^，：（]*\{.*", "", general)


def _print_refused(done: ImportReport) -> None:
    refused = [(str(file.file), file.refusal) for file in done.refused]
    refused += [
        (f"{file.file} [{sheet}]", refusal)
        for file in done.files
        if not file.refusal
        for sheet, refusal in file.refused_sheets.items()
    ]
    if refused:
        click.echo(f"\n未读入的文件或工作表 refused: {len(refused)}")
    for name, refusal in refused[:_SHOWN]:
        if refusal:
            click.echo(f"  {name}\n    {refusal.code}: {refusal.text().zh} / {refusal.text().en}")
    _print_rest(len(refused))


def _print_empty(done: ImportReport) -> None:
    empty = [
        f"{file.file} [{sheet.sheet}]" if sheet.sheet else str(file.file)
        for file in done.files
        for sheet in file.sheets
        if not sheet.counts.read
    ]
    if empty:
        click.echo(f"\n没有数据行 without any row: {len(empty)}")
    for name in empty[:_SHOWN]:
        click.echo(f"  {name}")
    _print_rest(len(empty))


def _print_unknown_columns(done: ImportReport) -> None:
    names = sorted({n for file in done.files for s in file.sheets for n in s.unknown_columns})
    if names:
        click.echo(f"\n未使用的列 columns not taken: {'、'.join(names[:_SHOWN])}")


def _print_quarantine(done: ImportReport) -> None:
    files = [file.quarantine for file in done.files if file.quarantine]
    if files:
        click.echo(
            f"\n{len(files)} 个隔离文件在 {files[0].parent}：请改正后重新导入\n"
            f"{len(files)} quarantine files are there: mend them and import them again"
        )


def _print_rest(count: int) -> None:
    if count > _SHOWN:
        click.echo(f"  … 另有 {count - _SHOWN} 个，见报告 and more, see the report")


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print `rows` in columns, names to the left, numbers to the right."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for name, *numbers in rows:
        cells = [_padded(n, w, right=True) for n, w in zip(numbers, widths[1:], strict=True)]
        click.echo("  ".join([_padded(name, widths[0]), *cells]))


def _padded(text: str, width: int, right: bool = False) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _width(text: str) -> int:
    """Return how many columns a terminal gives `text`: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


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
    from cli.import_ import print_summary
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
