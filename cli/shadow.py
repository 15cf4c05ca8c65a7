"""``rongzi shadow``: score by a challenger beside the champion and report who enters and leaves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.json_output import tell
from cli.options import (
    EXISTING_FOLDER,
    FOLDER,
    archive_option,
    as_of_option,
    home_option,
    use_policy_of,
)
from cli.run_summaries import leave_summary

if TYPE_CHECKING:
    from api.scoring.shadow import Swap, SwapSet

_SETS = {"FIRST": "一级 FIRST", "offered": "一、二级 FIRST and SECOND"}


@click.command("shadow")
@click.argument("card_dir", type=EXISTING_FOLDER)
@archive_option
@as_of_option
@click.option("--out", required=True, type=FOLDER, help="Folder for the swap-set report.")
@home_option
def command(card_dir: Path, archive: Path, as_of: datetime, out: Path, home: Path) -> None:
    """Score an archive by the champion and by the card in CARD_DIR; publish nothing."""
    from api.scoring.shadow import shadow, shadow_summary
    from data.storage.archive import Archive

    use_policy_of(home)
    swap_set = shadow(Archive(archive).pinned(), as_of.date(), card_dir, home, out)
    tell(champion=swap_set.champion, challenger=swap_set.challenger, out=out)
    tell(scored=swap_set.scored, points=swap_set.points)
    for line in _lines(swap_set):
        click.echo(line)
    click.echo(f"换户报告 swap set: {out}")
    id_, told = shadow_summary(swap_set, datetime.now().astimezone())
    leave_summary(home, "swap-sets", id_, told)


def _lines(swap_set: SwapSet) -> Iterator[str]:
    yield (
        f"现用 champion {swap_set.champion[:16]}，挑战 challenger {swap_set.challenger[:16]},"
        f" {swap_set.as_of}, {swap_set.scored:,} scored"
    )
    for name, swap in swap_set.swaps.items():
        yield f"{_SETS[name]}: {_swap_line(swap)}"
    points = swap_set.points
    if points:
        yield (
            f"分数 points: mean difference {points['mean']:+.1f}, 90 % between {points['p05']:+.0f}"
            f" and {points['p95']:+.0f}; {points['stays']:.0%} within 20; rank correlation"
            f" {points['correlation']:.3f}"
        )


def _swap_line(swap: Swap) -> str:
    parts = (
        f"{name} {number:,} (expected bads {swap.expected_bads_champion[name]:.1f} by the champion,"
        f" {swap.expected_bads_challenger[name]:.1f} by the challenger)"
        for name, number in swap.members.items()
    )
    return "; ".join(parts)
