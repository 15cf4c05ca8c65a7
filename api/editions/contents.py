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
from model.decision.whitelist_changes import Change, MemberStatus, Snapshot, tier_changes


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
    moves : tuple of Change
        Every change of tier against the edition before.
    villages : dict
        Village code of each member who moved, the last one known of a member who left.
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
    moves: tuple[Change, ...]
    villages: dict[str, str]

    @property
    def changes(self) -> tuple[Change, ...]:
        """Entries into and exits from the first tier."""
        return tuple(move for move in self.moves if move.is_of_first_tier)


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
    moved = tuple(moves(previous, scored.rows, basis))
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
        moves=moved,
        villages=_villages(moved, scored.rows, previous),
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


def moves(previous: Before | None, rows: pa.Table, basis: Basis) -> Iterator[Change]:
    """Yield every change of tier of `rows` against `previous`.

    Only members whose tier differs are built as objects. A note of the policy explains no change.
    """
    if previous is None:
        firsts = rows.filter(pc.equal(rows["tier"], "FIRST"))
        return tier_changes(None, _snapshot(firsts, basis.card.digest, basis.policy.notes))
    before = _unmatched(previous.rows, rows)
    return tier_changes(
        _snapshot(before, previous.card_digest, basis.policy.notes),
        _snapshot(_unmatched(rows, previous.rows), basis.card.digest, basis.policy.notes),
    )


def _villages(moved: tuple[Change, ...], rows: pa.Table, previous: Before | None) -> dict[str, str]:
    movers = pa.array([move.member_id for move in moved], pa.string())
    found: dict[str, str] = {}
    for table in (previous.rows, rows) if previous else (rows,):
        known = table.select(["member_id", "village_code"])
        known = known.filter(pc.is_in(known["member_id"], movers))
        found |= dict(zip(*(column.to_pylist() for column in known.columns), strict=True))
    return found


def _unmatched(rows: pa.Table, others: pa.Table) -> pa.Table:
    """Return the `rows` whose member has another tier in `others`, or is not there."""
    position = pc.index_in(rows["member_id"], others["member_id"].combine_chunks())
    other_tier = others["tier"].combine_chunks().take(position.combine_chunks())
    return rows.filter(pc.fill_null(pc.not_equal(rows["tier"].combine_chunks(), other_tier), True))


def _snapshot(rows: pa.Table, card_digest: str, notes: frozenset[str]) -> Snapshot:
    columns = (rows[name].to_pylist() for name in ("member_id", "tier", "points", "knock_outs"))
    return Snapshot(
        card_digest,
        {
            member: MemberStatus(tier, points, tuple(code for code in codes if code not in notes))
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
