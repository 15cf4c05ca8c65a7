"""What one edition holds, in memory: rows, profiles, people, places, funnel, changes.

Consent in an edition: the archive's words folded with the counter's before anybody is scored.
"""

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
class Consent:
    """Profiles with consent as it stands, the day number of each last word, the words' digest."""

    profile: pa.Table
    on: Floats
    digest: str


def merge_consents(
    archive: Archive, profile: pa.Table, as_of: date, words: Mapping[str, ConsentChange]
) -> Consent:
    """Return the profiles with the counter's `words` before `as_of` folded in."""
    days = _days(archive, profile, as_of)
    return Consent(*_with_words(profile, days, words), _digest(words))


def _days(archive: Archive, profile: pa.Table, as_of: date) -> Floats:
    """Return the day of the archive's last word of each member of `profile`, NaN for none."""
    known = consent_days_as_of(archive, as_of)
    place = pc.index_in(profile["member_id"], known["member_id"].combine_chunks())
    days = known["consent_on"].combine_chunks().take(place.combine_chunks()).cast(pa.int32())
    return np.asarray(days.cast(pa.float64()).to_numpy(zero_copy_only=False))


def _with_words(
    profile: pa.Table, days: Floats, words: Mapping[str, ConsentChange]
) -> tuple[pa.Table, Floats]:
    """Return the profile and the days of the last word, with the counter's `words` folded in."""
    if not words:
        return profile, days
    members = pa.array(words, pa.string())
    rows = pc.index_in(members, profile["member_id"].combine_chunks()).to_pylist()
    in_force, days = profile[CONSENT_IN_FORCE].to_pylist(), days.copy()
    for row, word in zip(rows, words.values(), strict=True):
        if row is not None:
            said = (
                None
                if np.isnan(days[row])
                else ConsentChange(bool(in_force[row]), day_of(days[row]))
            )
            held = latest_consent(said, word) or word
            in_force[row], days[row] = held.is_given, day_number(held.on)
    at = profile.schema.get_field_index(CONSENT_IN_FORCE)
    field = profile.schema.field(at)
    return profile.set_column(at, field, pa.array(in_force, field.type)), days


def _digest(words: Mapping[str, ConsentChange]) -> str:
    """Return what tells one set of words from another; empty for none."""
    if not words:
        return ""
    told = {member: f"{word.on} {word.is_given}" for member, word in words.items()}
    return hashlib.sha256(rfc8785.dumps(told)).hexdigest()


@dataclass(frozen=True)
class Contents:
    """One edition; whatever has a row per member is sorted by member id.

    Attributes
    ----------
    profile, rows : pa.Table
        The profiles and what follows from them.
    consent_on : Floats
        Day number of each member's last word on consent, NaN for none.
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
    """The edition to compare with: its rows and the card that gave their points."""

    rows: pa.Table
    card_digest: str


def contents(
    archive: Archive, consent: Consent, scored: Scored, basis: Basis, previous: Before | None
) -> Contents:
    """Gather what goes with the `scored` rows of the profile.

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


def tier_changes(previous: Before | None, rows: pa.Table, card_digest: str) -> Iterator[Change]:
    """Yield entries into and exits from the first tier of `rows` against `previous`.

    Only members who were or are in it can move, so the snapshots hold only these members.
    """
    parts = [rows] if previous is None else [previous.rows, rows]
    firsts = [part["member_id"].filter(pc.equal(part["tier"], "FIRST")) for part in parts]
    movers = pa.chunked_array([chunk for first in firsts for chunk in first.chunks], pa.string())
    before = None if previous is None else _snapshot(previous.rows, movers, previous.card_digest)
    return changes(before, _snapshot(rows, movers, card_digest))


def _snapshot(rows: pa.Table, movers: pa.ChunkedArray, card_digest: str) -> Snapshot:
    kept = rows.filter(pc.is_in(rows["member_id"], movers))
    columns = (kept[name].to_pylist() for name in ("member_id", "tier", "points", "knock_outs"))
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
