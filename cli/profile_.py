"""``rongzi profile``: write every member's profile as of a date."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

import click

from cli.json_output import tell
from cli.options import (
    FILE,
    archive_option,
    as_of_option,
    engine_option,
    home_option,
    use_policy_of,
)
from model.archive.tables import archive_tables


@click.command("profile")
@archive_option
@as_of_option
@click.option("--out", required=True, type=FILE, help="Parquet file to write.")
@engine_option
@home_option
@click.option(
    "--allow-stale", "allowed", multiple=True, type=click.Choice(list(archive_tables())),
    metavar="TABLE", help="Compute without this table if it is older than policy allows.",
)  # fmt: skip
def command(
    archive: Path,
    as_of: datetime,
    out: Path,
    engine: Literal["duckdb", "spark"],
    home: Path,
    allowed: tuple[str, ...],
) -> None:
    """Write the profile of each member, as the archive knew them before DATE.

    The same archive and date give the same bytes, whatever the engine. A table whose last month is
    older than policy allows is an error, unless --allow-stale names it: the attributes that read it
    are then missing for every member, never zero, and the file's metadata name it.
    """
    from data.storage.archive import Archive
    from data.storage.freshness import last_months
    from data.storage.profiles import profile_as_of, write_profile
    from model.policy.freshness import refuse_stale

    use_policy_of(home)
    source, day = Archive(archive).pinned(), as_of.date()
    stale = refuse_stale(last_months(source, day).by_table, day, allowed)
    profile = profile_as_of(source, day, engine, stale)
    write_profile(profile, out, stale)
    for table in sorted(stale):
        click.echo(f"过旧未用 stale, left out: {archive_tables()[table].zh} {table}")
    tell(profiles=profile.num_rows, out=out, as_of=day, stale=sorted(stale))
    click.echo(
        f"会员画像 {profile.num_rows:,} profiles × {profile.num_columns - 2} attributes"
        f" as of {as_of.date()}: {out}"
    )
