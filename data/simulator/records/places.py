"""Records of places: villages, stations and what they serve, the network, the staff."""

from __future__ import annotations

import numpy as np

from data.simulator import months
from data.simulator.arrays import NEVER, Ints, fen
from data.simulator.records.frames import NULL, Frame, blank_where, concat
from data.simulator.records.lateness import evening_times, visible_at_end
from data.simulator.world.world import World

SERVICES_OFFERED = ("payments", "parcels", "retail", "electricity", "traffic_fines")
_SERVICE_WEIGHTS = np.array([0.30, 0.34, 0.20, 0.13, 0.03])
#: Mean yuan of a visit by service; parcels handed over have no amount.
_VISIT_YUAN = np.array([320.0, 0.0, 45.0, 85.0, 180.0])


def record_villages(world: World) -> Frame:
    """Return each village as first registered, and its versions with station and credit status."""
    villages, rng = world.villages, world.luck.shared("record villages")
    number = len(villages.village_codes)
    base = Frame(
        {
            "village_code": np.arange(number),
            "county": villages.county_of,
            "township": villages.township_of,
            "village": np.arange(number),
            "station_opened_on": np.full(number, NULL),
            "delivery_days_per_week": villages.delivery_days,
            "township_distance_km": villages.distance_tenths,
            "next_morning": (villages.delivery_days >= 6).astype(np.int64),
            "credit_village_since": np.full(number, NULL),
            "recorded_at": evening_times(rng, villages.registered_on),
        }
    )
    changes = [
        _village_as_of(world, rng, base, event)
        for event in (villages.station_opened, villages.credit_since)
    ]
    return visible_at_end(world, concat([base, *changes]))


def record_stations(world: World) -> Frame:
    """Return the three-in-one stations."""
    villages, rng = world.villages, world.luck.shared("record stations")
    number = len(villages.station_village)
    yes = np.ones(number, dtype=np.int64)
    rows = Frame(
        {
            "station_id": np.arange(number),
            "village_code": villages.station_village,
            "opened_on": villages.each_station_opened,
            "closed_on": np.full(number, NULL),
            "has_payments": yes,
            "has_parcels": yes,
            "has_retail": yes,
            "latitude": villages.latitude[villages.station_village],
            "longitude": villages.longitude[villages.station_village],
            "recorded_at": evening_times(rng, villages.each_station_opened + 1),
        }
    )
    return visible_at_end(world, rows)


def record_station_month(world: World, month: int) -> Frame:
    """Return visits and amounts of each open station by service."""
    villages, rng = world.villages, world.luck.shared("station visits", month)
    last = int(months.last_day(month))
    station = np.flatnonzero(villages.each_station_opened < months.first_day(month))
    size = world.luck.shared("station size").gamma(3.0, 1 / 3.0, len(villages.station_village))
    mean = world.scenario.places.visits_a_month * size[station]
    visits = rng.poisson(mean[:, None] * _SERVICE_WEIGHTS)
    who, service = np.nonzero(visits)
    count = visits[who, service]
    yuan = count * _VISIT_YUAN[service] * rng.lognormal(-0.05, 0.3, len(who))
    rows = Frame(
        {
            "station_id": station[who],
            "month": np.full(len(who), month),
            "service": service,
            "visits": count,
            "amount": blank_where(fen(np.round(yuan, 1)), _VISIT_YUAN[service] == 0),
            "recorded_at": evening_times(rng, np.full(len(who), last)),
        }
    )
    return visible_at_end(world, rows)


def record_network(world: World) -> Frame:
    """Return the nodes and routes of the delivery network."""
    network, rng = world.network, world.luck.shared("record network")
    every = np.arange(len(network.kind))
    return visible_at_end(
        world,
        Frame(
            {
                "node_or_route_id": every,
                "kind": network.kind,
                "from_place": every,
                "to_place": every,
                "opened_on": network.opened,
                "trips": blank_where(network.trips, network.trips == 0),
                "items": blank_where(network.items, network.items == 0),
                "recorded_at": evening_times(rng, network.opened),
            }
        ),
    )


def record_staff(world: World) -> Frame:
    """Return managers, specialists and officers."""
    staff, rng = world.staff, world.luck.shared("record staff")
    every = np.arange(len(staff.role))
    return visible_at_end(
        world,
        Frame(
            {
                "staff_id": every,
                "role": staff.role,
                "place": every,
                "from_on": staff.since,
                "recorded_at": evening_times(rng, staff.since),
            }
        ),
    )


def _village_as_of(world: World, rng: np.random.Generator, base: Frame, event: Ints) -> Frame:
    """Return the version of each village that records the `event` days later."""
    villages = world.villages
    known = event + rng.integers(1, 5, len(event))
    rows = base.replaced(
        station_opened_on=blank_where(villages.station_opened, villages.station_opened >= known),
        credit_village_since=blank_where(villages.credit_since, villages.credit_since >= known),
        recorded_at=evening_times(rng, np.maximum(known, villages.registered_on + 1)),
    )
    return rows.take((event < NEVER) & (known <= months.last_day(world.end)))
