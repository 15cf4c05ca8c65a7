"""``rongzi template``: write a blank import file with notes and choices."""

from __future__ import annotations

from pathlib import Path

import click

from cli.options import FILE
from model.archive.tables import archive_tables
from model.errors import GivenError


@click.command("template")
@click.argument("table", type=click.Choice(list(archive_tables())))
@click.option("--out", required=True, type=FILE, help="Workbook to write, FILE.xlsx.")
def command(table: str, out: Path) -> None:
    """Write a blank workbook for rows of TABLE, with a note on each header and lists of choices.

    Filled in, it is a file that rongzi import reads. Red headers are required. A file in use is
    never replaced.
    """
    from data.importing.template import write_template

    if out.suffix.lower() != ".xlsx":
        raise GivenError(f"{out}: a template is a workbook, so its name ends in .xlsx")
    if out.exists():
        raise GivenError(f"{out} exists and may be filled in: name a new file")
    spec = archive_tables()[table]
    write_template(spec, out)
    click.echo(
        f"空白导入模板 blank template: {spec.zh} {spec.en}, {len(spec.columns)} columns: {out}"
    )
