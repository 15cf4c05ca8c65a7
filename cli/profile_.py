"""``rongzi profile``: write every member's profile as of a date."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.json_output import tell
from cli.options import (
    FILE,
    archive_option,
    as_of_option,
    cluster_of,
    engine_options,
    home_option,
    use_policy_of,
)
from model.archive.tables import archive_tables
from model.profile.dictionary import member_dictionary

if TYPE_CHECKING:
    from data.storage.archive import Archive
    from data.storage.spark_profiles import Cluster


@click.command("profile")
@archive_option
@as_of_option
@click.option("--out", required=True, type=FILE, help="Parquet file to write.")
@engine_options
@home_option
@click.option(
    "--allow-stale", "allowed", multiple=True, type=click.Choice(list(archive_tables())),
    metavar="TABLE", help="Compute without this table if it is older than policy allows.",
)  # fmt: skip
def command(
    archive: Path,
    as_of: datetime,
    out: Path,
    engine: str,
    master: str | None,
    home: Path,
    allowed: tuple[str, ...],
) -> None:
    """Write the profile of each member, as the archive knew them before DATE.

    The same archive and date give the same bytes, whatever the engine. On Spark the executors share
    the archive and the folder of the file. A table whose last month is
    older than policy allows is an error, unless --allow-stale names it: the attributes that read it
    are then missing for every member, never zero, and the file's metadata name it.
    """
    from data.storage.archive import Archive
    from data.storage.freshness import last_months
    from model.policy.freshness import refuse_stale

    use_policy_of(home)
    cluster = cluster_of(engine, master, out)
    source, day = Archive(archive).pinned(), as_of.date()
    stale = refuse_stale(last_months(source, day).by_table, day, allowed)
    profiles = _write(source, day, out, stale, cluster)
    for table in sorted(stale):
        click.echo(f"过旧未用 stale, left out: {archive_tables()[table].zh} {table}")
    tell(profiles=profiles, out=out, as_of=day, stale=sorted(stale))
    click.echo(
        f"会员画像 {profiles:,} profiles × {len(member_dictionary().attributes)} attributes"
        f" as of {as_of.date()}: {out}"
    )


def _write(
    archive: Archive, day: date, out: Path, stale: frozenset[str], cluster: Cluster | None
) -> int:
    """Write the profiles to `out`; return their number."""
    from data.storage.kept_pieces import passing_pieces
    from data.storage.profiles import profile_as_of, write_profile
    from data.storage.spark_profiles import profile_on_spark

    if cluster is None:
        profile = profile_as_of(archive, day, stale)
        write_profile(profile, out, stale)
        return int(profile.num_rows)
    with passing_pieces(cluster.folder) as pieces:
        made = profile_on_spark(archive, day, pieces, cluster.master, stale)
        write_profile(made.sorted_profiles(), out, stale)
        return made.rows
