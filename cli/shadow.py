"""``rongzi shadow``: a challenger scores beside the champion; who would enter, who would leave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from api.scoring.shadow import Swap, SwapSet

_FOLDER = click.Path(path_type=Path, file_okay=False)
_EXISTING = click.Path(path_type=Path, file_okay=False, exists=True)
_SETS = {"FIRST": "一级 FIRST", "offered": "一、二级 FIRST and SECOND"}


@click.command("shadow")
@click.argument("card_dir", type=_EXISTING)
@click.option("--archive", required=True, type=_EXISTING)
@click.option("--as-of", required=True, type=click.DateTime(["%Y-%m-%d"]), metavar="DATE")
@click.option("--out", required=True, type=_FOLDER, help="Where the swap-set report goes.")
@click.option(
    "--home", type=_FOLDER, default="data", show_default=True, envvar="RONGZI_HOME",
    help="Folder of published cards.",
)  # fmt: skip
def command(card_dir: Path, archive: Path, as_of: datetime, out: Path, home: Path) -> None:
    """Score ARCHIVE by the champion and by the card in CARD_DIR; publish nothing."""
    from api.scoring.shadow import shadow
    from data.storage.archive import Archive

    found = shadow(Archive(archive), as_of.date(), card_dir, home, out)
    for line in _lines(found):
        click.echo(line)
    click.echo(f"换户报告 swap set: {out}")


def _lines(found: SwapSet) -> Iterator[str]:
    yield (
        f"现用 champion {found.champion[:16]}，挑战 challenger {found.challenger[:16]},"
        f" {found.as_of}, {found.scored:,} scored"
    )
    for name, swap in found.swaps.items():
        yield f"{_SETS[name]}: {_told(swap)}"
    points = found.points
    if points:
        yield (
            f"分数 points: {points['mean']:+.1f} on the mean, 90 % between {points['p05']:+.0f} and"
            f" {points['p95']:+.0f}; {points['stays']:.0%} within 20; rank correlation"
            f" {points['correlation']:.3f}"
        )


def _told(swap: Swap) -> str:
    parts = (
        f"{name} {number:,} (expected bads {swap.expected_bads_champion[name]:.1f} by the champion,"
        f" {swap.expected_bads_challenger[name]:.1f} by the challenger)"
        for name, number in swap.members.items()
    )
    return "; ".join(parts)


if __name__ == "__main__":
    command()
