"""What an import prints at its end: counts by table, reasons, refused files, what to do now."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from data.importing.report import Counts, ImportReport

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
