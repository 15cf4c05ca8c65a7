"""``rongzi profile``: write every member's profile as of a date."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

import click


@click.command("profile")
@click.option(
    "--archive", required=True, type=click.Path(path_type=Path, file_okay=False, exists=True)
)
@click.option("--as-of", required=True, type=click.DateTime(["%Y-%m-%d"]), metavar="DATE")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb")
def command(archive: Path, as_of: datetime, out: Path, engine: Literal["duckdb", "spark"]) -> None:
    """Write to OUT (Parquet) what the ARCHIVE knew of each member before DATE.

    The same archive and date give the same bytes, whatever the engine.
    """
    from data.storage.archive import Archive
    from data.storage.profiles import profile_as_of, write_profile

    profile = profile_as_of(Archive(archive), as_of.date(), engine)
    write_profile(profile, out)
    click.echo(
        f"会员画像 {profile.num_rows:,} profiles × {profile.num_columns - 2} attributes"
        f" as of {as_of.date()}: {out}"
    )


if __name__ == "__main__":
    command()
