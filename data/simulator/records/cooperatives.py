"""Records of cooperatives: the register, its members, and their joint sales."""

from __future__ import annotations

import numpy as np

from data.simulator import months
from data.simulator.arrays import Ints
from data.simulator.records.frames import NULL, Frame, concat
from data.simulator.records.lateness import evening_times, visible_at_end
from data.simulator.world.world import World

COOPERATIVE_ROLES = ("head", "member")
_HEAD, _MEMBER = range(2)
#: Channel whose sales a cooperative makes for its members: youle.
JOINT_CHANNEL = 0


def record_cooperatives(world: World) -> dict[str, Frame]:
    """Return the cooperatives and their heads and members."""
    found, people, rng = world.cooperatives, world.people, world.luck.shared("record cooperatives")
    every = np.arange(len(found.head))
    register = Frame(
        {
            "cooperative_id": every,
            "name": every,
            "village_code": world.homes.village[found.head],
            "founded_on": found.founded,
            "recorded_at": evening_times(rng, found.founded),
        }
    )
    heads = _members(every, people.principal_of[found.head], _HEAD, found.founded)
    others = _members(found.cooperative, people.principal_of[found.home], _MEMBER, found.joined)
    members = concat([heads, others])
    # A member is recorded when both the person and the cooperative are on file.
    known = np.maximum(members.columns["from_on"], people.joined[members.columns["member_id"]])
    members = members.replaced(recorded_at=evening_times(rng, known + 1))
    return {
        "cooperatives": visible_at_end(world, register),
        "cooperative_members": visible_at_end(world, members),
    }


def cooperative_of(world: World, month: int) -> Ints:
    """Return the cooperative of each household in `month`, NULL for none."""
    found, of = world.cooperatives, np.full(len(world.homes), NULL)
    first = int(months.first_day(month))
    inside, founded = found.joined < first, found.founded < first
    of[found.home[inside]] = found.cooperative[inside]
    of[found.head[founded]] = np.flatnonzero(founded)
    return of


def record_joint_sales(world: World, month: int, sales: Frame) -> Frame:
    """Return each cooperative's sales of the month: those it made for its members.

    `sales` are the rows of the month's ``sales``, latest versions.
    """
    columns = sales.columns
    joint = columns["cooperative_id"] != NULL
    number = len(world.cooperatives.head)
    sums = {
        name: np.bincount(columns["cooperative_id"][joint], columns[name][joint], number)
        for name in ("orders", "amount", "refunds")
    }
    active = np.flatnonzero(sums["orders"] > 0)
    rng = world.luck.shared("record joint sales", month)
    last = np.full(len(active), int(months.last_day(month)))
    return visible_at_end(
        world,
        Frame(
            {
                "cooperative_id": active,
                "month": np.full(len(active), month),
                "channel": np.full(len(active), JOINT_CHANNEL),
                **{name: np.rint(total[active]).astype(np.int64) for name, total in sums.items()},
                "recorded_at": evening_times(rng, last),
            }
        ),
    )


def _members(cooperative: Ints, member: Ints, role: int, since: Ints) -> Frame:
    return Frame(
        {
            "cooperative_id": cooperative,
            "member_id": member,
            "role": np.full(len(member), role),
            "from_on": since,
            "recorded_at": np.zeros(len(member), dtype=np.int64),
        }
    )
