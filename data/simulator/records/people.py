"""Records of members and their consents; changes over the years are later versions."""

from __future__ import annotations

import numpy as np

from data.simulator.arrays import NEVER, Bools, Ints
from data.simulator.months import SECONDS_A_DAY
from data.simulator.records.frames import Frame, blank_where, concat
from data.simulator.records.lateness import evening_times, visible_at_end
from data.simulator.world.world import World

HUKOU = ("local", "other", "unknown")
CONSENT_PURPOSES = ("personal_information", "credit_bureau", "data_sharing")
CONSENT_RECIPIENTS = ("post", "bank")
_POST, _BANK = range(2)
#: Recipient of each consent, and the share of those who consent at all who give it.
_CONSENTS = ((0, _POST, 1.0), (0, _BANK, 0.99), (1, _BANK, 0.985), (2, _BANK, 0.97))


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


def record_consents(world: World) -> Frame:
    """Return what each member consented to, and withdrawals as later versions."""
    people, rng = world.people, world.luck.shared("record consents")
    rows = []
    for purpose, recipient, share in _CONSENTS:
        gives = (people.consent < NEVER) & (rng.random(len(people)) < share)
        rows.append(_consents(rng, people.consent, people.withdrawn, gives, purpose, recipient))
    return visible_at_end(world, concat(rows))


def _member_rows(world: World, filed: Ints) -> Frame:
    people, homes = world.people, world.homes
    number, home = len(people), people.household
    every = np.arange(number)
    hukou = world.luck.shared("hukou").choice(3, number, p=[0.955, 0.035, 0.01])
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
            "hukou": hukou.astype(np.int64),
            "operating_since": _or_null(people.operating_since),
            "resident_since": _or_null(people.resident_since),
            "joined_on": people.joined,
            "consent_given_on": _or_null(people.consent),
            "consent_withdrawn_on": _or_null(people.withdrawn),
            "recorded_at": filed,
        }
    )


def _consents(
    rng: np.random.Generator, given: Ints, withdrawn: Ints, gives: Bools, purpose: int, to: int
) -> Frame:
    member = np.flatnonzero(gives)
    first = Frame(
        {
            "member_id": member,
            "purpose": np.full(len(member), purpose),
            "recipient": np.full(len(member), to),
            "given_on": given[member],
            "withdrawn_on": _or_null(np.full(len(member), NEVER)),
            "document": member,
            "recorded_at": evening_times(rng, given[member]),
        }
    )
    ended = withdrawn[member]
    later = first.replaced(withdrawn_on=_or_null(ended), recorded_at=_after(rng, ended))
    return concat([first, later.take(ended < NEVER)])


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
