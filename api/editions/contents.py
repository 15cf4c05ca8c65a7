"""One edition in memory: rows, profiles, consent, people, places, funnel and changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import rfc8785

from api.editions.funnel import Funnel, funnel
from api.editions.sources import Borrowing, People, borrowing, people, place_names
from api.scoring.kernel import Basis, Scored, member_ids
from data.storage.archive import Archive
from data.storage.profiles import consent_days_as_of
from model.card.bins import Floats
from model.decision.consent import (
    CONSENT_IN_FORCE,
    ConsentChange,
    day_number,
    day_of,
    latest_consent,
)
from model.decision.whitelist_changes import Change, MemberStatus, Snapshot, changes


@dataclass(frozen=True)
class Contents:
    """One edition; tables and arrays with a row per member are sorted by member id.

    Attributes
    ----------
    profile, rows : pa.Table
        The profiles and the whitelist rows that follow from them.
    consent_on : Floats
        Day number of each member's latest record of consent, NaN for none.
    places : dict
        (county, township, village) names by place code.
    changes : tuple of Change
        Entries into and exits from the first tier against the edition before.
    """

    basis: Basis
    profile: pa.Table
    rows: pa.Table
    household_borrower: Floats
    consent_on: Floats
    consents_digest: str
    people: People
    places: dict[str, tuple[str, str | None, str | None]]
    funnel: Funnel
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Before:
    """The previous edition for comparison: its rows, and the card behind their points."""

    rows: pa.Table
    card_digest: str


def contents(
    archive: Archive, consent: Consent, scored: Scored, basis: Basis, previous: Before | None
) -> Contents:
    """Return the contents of the edition with the `scored` rows.

    Raises
    ------
    EditionError
        If the funnel does not reconcile.
    """
    profile = consent.profile
    members = member_ids(profile)
    return Contents(
        basis=basis,
        profile=profile,
        rows=scored.rows,
        household_borrower=scored.household_borrower,
        consent_on=consent.on,
        consents_digest=consent.digest,
        people=people(archive, basis.as_of, members),
        places=place_names(archive, basis.as_of),
        funnel=_funnel(profile, scored.rows, borrowing(archive, basis.as_of, members)),
        changes=tuple(tier_changes(previous, scored.rows, basis.card.digest)),
    )


@dataclass(frozen=True)
class Consent:
    """Profiles with consent in force, the day number of each latest record, the records' digest."""

    profile: pa.Table
    on: Floats
    digest: str


def merge_consents(
    archive: Archive, profile: pa.Table, as_of: date, records: Mapping[str, ConsentChange]
) -> Consent:
    """Return the profiles with the counter's `records` before `as_of` merged in."""
    days = _archive_days(archive, profile, as_of)
    return Consent(*_merge_records(profile, days, records), _digest(records))


def _archive_days(archive: Archive, profile: pa.Table, as_of: date) -> Floats:
    """Return the day number of the archive's latest record for each member, NaN for none."""
    known = consent_days_as_of(archive, as_of)
    index = pc.index_in(profile["member_id"], known["member_id"].combine_chunks())
    days = known["consent_on"].combine_chunks().take(index.combine_chunks()).cast(pa.int32())
    return np.asarray(days.cast(pa.float64()).to_numpy(zero_copy_only=False))


def _merge_records(
    profile: pa.Table, days: Floats, records: Mapping[str, ConsentChange]
) -> tuple[pa.Table, Floats]:
    if not records:
        return profile, days
    members = pa.array(records, pa.string())
    rows = pc.index_in(members, profile["member_id"].combine_chunks()).to_pylist()
    in_force, days = profile[CONSENT_IN_FORCE].to_pylist(), days.copy()
    for row, record in zip(rows, records.values(), strict=True):
        if row is not None:
            known = (
                None
                if np.isnan(days[row])
                else ConsentChange(bool(in_force[row]), day_of(days[row]))
            )
            latest = latest_consent(known, record) or record
            in_force[row], days[row] = latest.is_given, day_number(latest.on)
    at = profile.schema.get_field_index(CONSENT_IN_FORCE)
    field = profile.schema.field(at)
    return profile.set_column(at, field, pa.array(in_force, field.type)), days


def _digest(records: Mapping[str, ConsentChange]) -> str:
    """Return the digest that identifies a set of records; empty for none."""
    if not records:
        return ""
    states = {member: f"{record.on} {record.is_given}" for member, record in records.items()}
    return hashlib.sha256(rfc8785.dumps(states)).hexdigest()


def tier_changes(previous: Before | None, rows: pa.Table, card_digest: str) -> Iterator[Change]:
    """Yield entries into and exits from the first tier of `rows` against `previous`.

    Only members who were or are in it can move, so only their status is built.
    """
    parts = [rows] if previous is None else [previous.rows, rows]
    firsts = [part["member_id"].filter(pc.equal(part["tier"], "FIRST")) for part in parts]
    movers = pa.chunked_array([chunk for first in firsts for chunk in first.chunks], pa.string())
    before = None if previous is None else _snapshot(previous.rows, movers, previous.card_digest)
    return changes(before, _snapshot(rows, movers, card_digest))


def _snapshot(rows: pa.Table, movers: pa.ChunkedArray, card_digest: str) -> Snapshot:
    moved = rows.filter(pc.is_in(rows["member_id"], movers))
    columns = (moved[name].to_pylist() for name in ("member_id", "tier", "points", "knock_outs"))
    return Snapshot(
        card_digest,
        {
            member: MemberStatus(tier, points, tuple(codes))
            for member, tier, points, codes in zip(*columns, strict=True)
        },
    )


def _funnel(profile: pa.Table, rows: pa.Table, drawn: Borrowing) -> Funnel:
    tier = rows["tier"].to_numpy(zero_copy_only=False)
    consent = pc.fill_null(pc.cast(profile["consent_in_force"], pa.float64()), 0)
    return funnel(
        rows["village_code"].to_numpy(zero_copy_only=False),
        {
            "consenting": consent.to_numpy() == 1,
            "eligible": tier != "NONE",
            **{name: tier == name.upper() for name in ("first", "second", "third", "none")},
            **asdict(drawn),
        },
    )
