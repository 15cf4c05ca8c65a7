"""The rows of what is fixed before the first month: places, people, accounts, cooperatives."""

from __future__ import annotations

from data.simulator.records.banking import record_accounts, record_incomes
from data.simulator.records.cooperatives import record_cooperatives
from data.simulator.records.frames import Frame
from data.simulator.records.people import record_consents, record_members
from data.simulator.records.places import (
    record_network,
    record_staff,
    record_stations,
    record_villages,
)
from data.simulator.world.world import World


def record_world(world: World) -> dict[str, Frame]:
    """Return the rows of each table that no month adds to."""
    return {
        "villages": record_villages(world),
        "network": record_network(world),
        "stations": record_stations(world),
        "staff": record_staff(world),
        "members": record_members(world),
        "consents": record_consents(world),
        **record_cooperatives(world),
        "accounts": record_accounts(world),
        "incomes": record_incomes(world),
    }
