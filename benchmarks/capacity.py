"""Who keeps an offer, and of how much, under the policies before and with capacity from evidence.

``python -m benchmarks.capacity --archive DIR --card DIR [--as-of 2023-10-01]``. One card and one
profile; the cut-offs are those of each policy's day. The first tier's mean counts limits above 0.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click
import numpy as np

from data.storage.archive import Archive
from data.storage.profiles import columns_of, profile_as_of
from model.card.bins import Columns, Floats
from model.card.card_json import card_from_json
from model.card.scorecard import Card
from model.decision.knock_outs import Flags
from model.decision.whitelist import Assessment, assess_edition, in_arrears
from model.policy.policy import Policy, policy_on

#: The last day before capacity from evidence, and its first.
_DAYS = (date(2023, 9, 30), date(2023, 10, 1))
_NO_CAPACITY = "NO_REPAYMENT_CAPACITY"


@click.command()
@click.option("--archive", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--card", "folder", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--as-of", default="2023-10-01", type=click.DateTime(["%Y-%m-%d"]))
def command(archive: Path, folder: Path, as_of: datetime) -> None:
    """Print shares of members and of standing customers, and the first tier's mean limit."""
    card = card_from_json((folder / "card.json").read_bytes())
    profile = profile_as_of(Archive(archive), as_of.date())
    columns = columns_of(profile)
    members = np.array(profile["member_id"].to_pylist(), dtype=object)
    for day in _DAYS:
        _print(columns, members, as_of.date(), policy_on(day), card)


def _print(columns: Columns, members: np.ndarray, as_of: date, policy: Policy, card: Card) -> None:
    found, _ = assess_edition(columns, members, as_of, policy, card)
    second = policy.tiers["SECOND"]
    enough, first = found.points >= second, found.tier == "FIRST"
    loans: Floats = np.nan_to_num(np.asarray(columns["loans_open"], dtype=np.float64))
    standing = (loans > 0) & ~in_arrears(columns) & enough
    limits = found.limit_yuan[first]
    print(f"policy of {policy.on}")
    print(f"  FIRST {first.mean():.1%}, mean limit {limits[limits > 0].mean():,.0f}")
    print(f"  enough points, no capacity {_without(found)[enough].mean():.1%}")
    print(f"  standing customers with enough points {standing.sum()},", end=" ")
    print(f"keep an offer {found.offered[standing].mean():.1%}")


def _without(found: Assessment) -> Flags:
    hits = found.knock_outs
    return np.asarray(hits.matched[:, hits.codes.index(_NO_CAPACITY)])


if __name__ == "__main__":
    command()
