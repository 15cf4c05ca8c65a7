"""``rongzi profile``: write every member's profile as of a date."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

import click

from cli.json_output import tell
from cli.options import FILE, archive_option, as_of_option, engine_option


@click.command("profile")
@archive_option
@as_of_option
@click.option("--out", required=True, type=FILE, help="Parquet file to write.")
@engine_option
def command(archive: Path, as_of: datetime, out: Path, engine: Literal["duckdb", "spark"]) -> None:
    """Write the profile of each member, as the archive knew them before DATE.

    The same archive and date give the same bytes, whatever the engine.
    """
    from data.storage.archive import Archive
    from data.storage.profiles import profile_as_of, write_profile

    profile = profile_as_of(Archive(archive), as_of.date(), engine)
    write_profile(profile, out)
    tell(profiles=profile.num_rows, out=out, as_of=as_of.date())
    click.echo(
        f"会员画像 {profile.num_rows:,} profiles × {profile.num_columns - 2} attributes"
        f" as of {as_of.date()}: {out}"
    )
