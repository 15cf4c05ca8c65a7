"""``rongzi visits``: write what visits confirmed as branch files for the next import."""

from __future__ import annotations

from pathlib import Path

import click

from cli.json_output import tell
from cli.options import FOLDER, archive_option, home_option, ledger_location


@click.command("visits")
@archive_option
@click.option("--out", required=True, type=FOLDER, help="Folder for the branch files.")
@home_option
def command(archive: Path, out: Path, home: Path) -> None:
    """Write what visits in the ledger confirmed, and the archive lacks, as files for an import.

    Run it every night before rongzi import, and name the folder there. The files hold personal
    data: remove them after the import.
    """
    from api.ledger.store import ledger_exists, open_view
    from api.visits.archive_rows import missing_rows, visits_in_ledger
    from api.visits.branch_file import write_branch_files
    from data.storage.archive import Archive

    location, visits = ledger_location(home, None), []
    if ledger_exists(location):  # before the service first ran there is none
        with open_view(location) as view:
            visits = visits_in_ledger(view)
    found = missing_rows(Archive(archive), visits)
    files = write_branch_files(found.rows, out)
    counts = {table: len(rows) for table, rows in found.rows.items()}
    tell(visits=len(visits), rows=counts, files=files, without_row=list(found.without_row))
    click.echo(f"走访 visits: {len(visits):,}")
    for file, (table, count) in zip(files, counts.items(), strict=True):
        click.echo(f"{table}: {count:,} → {file}")
    if not files:
        click.echo("档案无须补充 the archive lacks nothing")
    for sentence in found.without_row:
        click.echo(
            f"无对应记录，请网点先报送 no row on record, ask the branch: {sentence}", err=True
        )
