"""``rongzi import``: check branch files row by row and store them in the archive."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Never

import click

from cli.json_output import tell
from cli.options import FILE, FOLDER
from model.errors import StorageError, UnreadableFileError, disk_fault

if TYPE_CHECKING:
    from data.importing.report import Counts, ImportReport
    from data.importing.settling.reading import Progress

#: The bank's clock; China has one zone and no summer time.
_BANK_ZONE = timezone(timedelta(hours=8))
_HEADER = ("表 table", "读取 read", "入库 accepted", "隔离 quarantined", "重复 duplicate")
#: The console lists this many; the report lists all.
_MAX_SHOWN = 20


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--archive", required=True, type=FOLDER, help="Archive that stores the sound rows.")
@click.option("--report", type=FILE, help="JSON report to write.")
@click.option(
    "--home",
    envvar="RONGZI_HOME",
    type=FOLDER,
    help="Home that keeps the report, for the console, and the bad rows; without it, the folder"
    " of the archive's folder.",
)
@click.option("--quarantine", type=FOLDER, help="Folder for bad rows, if not in the home.")
@click.option(
    "--recorded-at",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]),
    help="Time of the import (bank time); without it, now. A row without a recording time gets"
    " this one, and a row recorded later is quarantined.",
)
@click.option(
    "--mapping",
    type=FILE,
    help="YAML file: which columns of other files become which columns of the archive.",
)
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
def command(
    files: tuple[Path, ...],
    archive: Path,
    report: Path | None,
    home: Path | None,
    quarantine: Path | None,
    recorded_at: datetime | None,
    mapping: Path | None,
    workers: int,
) -> None:
    """Check FILES (xlsx or csv, or folders of them) row by row and store the sound rows.

    Bad rows go to quarantine files with their reasons in Chinese and English; correct them there
    and import them again. Importing the same file twice changes nothing.
    """
    from data.importing.importer import import_files
    from data.importing.kept import IMPORTS, QUARANTINE, keep_report
    from data.storage.archive import Archive

    moment = recorded_at or datetime.now(UTC).astimezone(_BANK_ZONE).replace(tzinfo=None)
    home = home or archive.parent
    bad_rows = quarantine or home / QUARANTINE
    with _mapped(files, mapping) as sources, _progress_bars() as progress:
        result = import_files(
            sources, Archive(archive), bad_rows, moment, workers=workers, progress=progress
        )
    _print_summary(result)
    if report:
        _write_report(report, result)
    keep_report(home / IMPORTS, result.as_json(), datetime.now(UTC).astimezone(_BANK_ZONE))
    if len(result.refused) == len(result.files):
        raise UnreadableFileError("no file could be read; nothing was imported")


@contextmanager
def _mapped(files: tuple[Path, ...], mapping: Path | None) -> Iterator[Sequence[Path]]:
    """Yield the files to import: those named, or what the mapping makes of them."""
    if mapping is None:
        yield files
        return
    from data.importing.inbox import collect_files
    from data.importing.mapping import read_mapping, write_mapped
    from data.storage.private_files import scratch

    with scratch() as folder:
        found = write_mapped(read_mapping(mapping), collect_files(files, []).files, folder)
        for column, count in found.test_ids.items():
            click.echo(f"测试号码，不属于任何人 generated, of no person: {column} {count:,}")
        yield found.files


@contextmanager
def _progress_bars() -> Iterator[Progress]:
    """Show a bar for each step on a terminal, nothing elsewhere."""
    from tqdm import tqdm

    names = {"reading": "读取 reading", "storing": "入库 storing"}
    bars: dict[str, tqdm[Never]] = {}

    def progress(step: str, done: int, total: int) -> None:
        if step not in bars:
            bars[step] = tqdm(total=total, desc=names[step], disable=None, file=sys.stderr)
        bars[step].update(done - bars[step].n)

    try:
        yield progress
    finally:
        for bar in bars.values():
            bar.close()


def _write_report(path: Path, result: ImportReport) -> None:
    from data.storage.private_files import drafted

    text = json.dumps(result.as_json(), ensure_ascii=False, indent=2)
    try:
        with drafted(path) as draft:
            # A file name may hold bytes that are no text; JSON escapes them.
            draft.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise StorageError(
            f"the report is not written: {disk_fault(error)}; the sound rows are stored as shown"
            " above"
        ) from error


def _print_summary(result: ImportReport) -> None:
    """Print counts by table, reasons, refused files and what the operator should do next."""
    tell(report=result.as_json())
    from model.archive.tables import archive_tables

    names = {name: f"{archive_tables()[name].zh} {name}" for name in result.tables}
    rows = [_row(names[name], counts) for name, counts in result.tables.items()]
    if rows:
        _print_table([_HEADER, *rows, _row("合计 total", result.totals)])
    _print_passed_over(result)
    _print_reasons(result)
    _print_remarks(result)
    _print_refused(result)
    _print_files_passed_over(result)
    _print_empty(result)
    _print_unknown_columns(result)
    _print_quarantine(result)
    _print_last_months(result)


def _print_passed_over(result: ImportReport) -> None:
    from data.importing.reasons import PASSED_OVER

    if result.totals.skipped:
        click.echo(f"另有 {result.totals.skipped:,} 行非数据行 rows without data, passed over")
    for code, count in result.passed_over.items():
        text = PASSED_OVER[code]
        click.echo(f"{count:>9,}  {code}  {text.zh} {text.en}")


def _row(name: str, counts: Counts) -> tuple[str, ...]:
    numbers = (counts.read, counts.accepted, counts.quarantined, counts.duplicate)
    return name, *(f"{number:,}" for number in numbers)


def _print_reasons(result: ImportReport) -> None:
    from data.importing.reasons import REASONS, in_general

    if result.reasons:
        click.echo("\n隔离原因 reasons for quarantine")
    for code, count in result.reasons.items():
        click.echo(f"{count:>9,}  {code}  {in_general(REASONS[code]).zh}")


def _print_remarks(result: ImportReport) -> None:
    """Print what was changed or left out in rows that are stored."""
    from data.importing.reasons import of_remark
    from model.archive.tables import archive_tables

    if result.remarks:
        click.echo("\n备注 remarks: 行已入库，值如下处理 rows are stored, values as said")
    for table, columns in result.remarks.items():
        for column, codes in columns.items():
            label = archive_tables()[table].columns[column].zh
            for code, count in codes.items():
                text = of_remark(code).zh
                click.echo(f"{count:>9,}  {code}  {label} {table}.{column}  {text}")


def _print_refused(result: ImportReport) -> None:
    refused = [(str(file.file), file.refusal) for file in result.refused]
    refused += [
        (f"{file.file} [{sheet}]", refusal)
        for file in result.files
        if not file.refusal
        for sheet, refusal in file.refused_sheets.items()
    ]
    lines = [
        f"{name}\n    {refusal.code}: {refusal.text().zh} / {refusal.text().en}"
        for name, refusal in refused
        if refusal
    ]
    _print_list("未读入的文件或工作表 refused files or sheets", lines)


def _print_files_passed_over(result: ImportReport) -> None:
    from data.importing.inbox import ENDINGS

    endings = "、".join(ENDINGS)
    _print_list(
        f"文件夹中未打开的文件（结尾不是 {endings}；单独指定文件名可读入） files passed over in"
        " folders, for their endings; name such a file by itself to read it",
        [str(file) for file in result.files_passed_over],
    )


def _print_empty(result: ImportReport) -> None:
    empty = [
        f"{file.file} [{sheet.sheet}]" if sheet.sheet else str(file.file)
        for file in result.files
        for sheet in file.sheets
        if not sheet.counts.read
    ]
    _print_list("没有数据行 without data rows", empty)


def _print_list(title: str, lines: Sequence[str]) -> None:
    if lines:
        click.echo(f"\n{title}: {len(lines)}")
    for line in lines[:_MAX_SHOWN]:
        click.echo(f"  {line}")
    if len(lines) > _MAX_SHOWN:
        click.echo(f"  … 另有 {len(lines) - _MAX_SHOWN} 个，见报告 and more, see the report")


def _print_unknown_columns(result: ImportReport) -> None:
    names = sorted({n for file in result.files for s in file.sheets for n in s.unknown_columns})
    if names:
        click.echo(f"\n未使用的列 unused columns: {'、'.join(names[:_MAX_SHOWN])}")


def _print_quarantine(result: ImportReport) -> None:
    files = [file.quarantine for file in result.files if file.quarantine]
    if files:
        click.echo(
            f"\n{len(files)} 个隔离文件在 {files[0].parent}：请改正后重新导入\n"
            f"{len(files)} quarantine files are there: correct them and import them again"
        )


def _print_last_months(result: ImportReport) -> None:
    """Print the last month known of each table, and the counties whose last month is older."""
    from model.archive.tables import archive_tables

    months = result.last_months.by_table
    if months:
        click.echo("\n各表最近月份 last month known")
    for table, last in months.items():
        behind = result.last_months.counties_behind(table, result.recorded_at.date())
        older = "、".join(f"{code} {month:%Y-%m}" for code, month in [*behind.items()][:_MAX_SHOWN])
        line = f"  {last:%Y-%m}  {archive_tables()[table].zh} {table}"
        click.echo(line + (f"；较旧县区 counties behind: {older}" if older else ""))


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print `rows` in columns, names to the left, numbers to the right."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for name, *numbers in rows:
        cells = [_pad(n, w, right=True) for n, w in zip(numbers, widths[1:], strict=True)]
        click.echo("  ".join([_pad(name, widths[0]), *cells]))


def _pad(text: str, width: int, right: bool = False) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _width(text: str) -> int:
    """Return how many columns a terminal gives `text`: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
