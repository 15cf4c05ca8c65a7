"""Records of villages and members; changes over the years are later versions."""

from __future__ import annotations

import numpy as np

from data.simulator import months
from data.simulator.arrays import NEVER, Bools, Ints
from data.simulator.months import SECONDS_A_DAY
from data.simulator.records.frames import NULL, Frame, blank_where, concat
from data.simulator.records.lateness import evening_times, visible_at_end
from data.simulator.world.world import World


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
            "credit_village_since": np.full(number, NULL),
            "recorded_at": evening_times(rng, villages.registered_on),
        }
    )
    changes = [
        _village_as_of(world, rng, base, event)
        for event in (villages.station_opened, villages.credit_since)
    ]
    return visible_at_end(world, concat([base, *changes]))


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


def record_members(world: World) -> Frame:
    """Return each member as first recorded, and later versions with corrections and consents."""
    people, rule, rng = world.people, world.scenario.records, world.luck.shared("record members")
    number = len(people)
    filed = evening_times(rng, people.joined)
    changed = rng.random(number) < rule.members_corrected
    base = _member_rows(world, filed)
    wrong_phone = np.where(changed, np.arange(number) + number, np.arange(number))
    first = _with_consents_known(world, base.replaced(phone=wrong_phone), people.joined)
    correction = filed + rng.integers(20, 700, number) * SECONDS_A_DAY
    versions = [
        first,
        _version(world, base, changed, correction),
        _version(world, base, people.consent > people.joined, _after(rng, people.consent)),
        _version(world, base, people.withdrawn < NEVER, _after(rng, people.withdrawn)),
    ]
    return visible_at_end(world, concat(versions))


def _member_rows(world: World, filed: Ints) -> Frame:
    people, homes = world.people, world.homes
    number, home = len(people), people.household
    every = np.arange(number)
    return Frame(
        {
            "member_id": every,
            "id_number": every,
            "name": every,
            "phone": every,
            "gender": people.gender,
            "birth_date": people.birth,
            "village_code": homes.village[home],
            "household_id": home,
            "household_size": homes.size[home],
            "labourers": homes.labourers[home],
            "education": people.education,
            "occupation": homes.occupation[home],
            "operating_since": _or_null(people.operating_since),
            "resident_since": _or_null(people.resident_since),
            "joined_on": people.joined,
            "consent_given_on": _or_null(people.consent),
            "consent_withdrawn_on": _or_null(people.withdrawn),
            "recorded_at": filed,
        }
    )


def _with_consents_known(world: World, rows: Frame, day: Ints) -> Frame:
    """Return `rows` without the consents and withdrawals after `day`."""
    people = world.people
    return rows.replaced(
        consent_given_on=blank_where(people.consent, people.consent > day),
        consent_withdrawn_on=blank_where(people.withdrawn, people.withdrawn > day),
    )


def _version(world: World, base: Frame, chosen: Bools, at: Ints) -> Frame:
    version = _with_consents_known(world, base.replaced(recorded_at=at), at // SECONDS_A_DAY)
    return version.take(chosen & (at < NEVER))


def _after(rng: np.random.Generator, day: Ints) -> Ints:
    """Return an evening time one to five days after a day; NEVER stays far in the future."""
    return evening_times(rng, np.minimum(day, 10**6) + rng.integers(1, 6, len(day)))


def _or_null(days: Ints) -> Ints:
    return blank_where(days, days >= NEVER)
