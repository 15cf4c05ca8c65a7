"""One edition in memory: rows, profiles, consent, people, places, funnel and changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import rfc8785

from api.editions.funnel import Funnel, funnel
from api.editions.relations import Relation, relations
from api.editions.sources import Borrowing, People, borrowing, people, place_names, place_positions
from api.scoring.kernel import Basis, Scored, member_ids
from data.storage.archive import Archive
from model.card.bins import Floats
from model.decision.consent import (
    CONSENT_IN_FORCE,
    CONSENT_ON,
    PURPOSE_DAYS,
    ConsentChange,
    change_of,
    consent_to_all,
    day_number,
)
from model.decision.whitelist_changes import Change, MemberStatus, Snapshot, tier_changes
from model.profile.profile import CONSENT_DAYS

#: Each member's latest changes of consent at the counter, by purpose.
Records = Mapping[str, Mapping[str, ConsentChange]]


@dataclass(frozen=True)
class Contents:
    """One edition; tables and arrays with a row per member are sorted by member id.

    Attributes
    ----------
    profile, rows : pa.Table
        The profiles and the whitelist rows that follow from them.
    consent_days : mapping of str to Floats
        By column of the edition, the day number of each member's latest change of consent, in all
        and by purpose; NaN for none.
    places : dict
        (county, township, village) names by place code.
    positions : dict
        (latitude, longitude) in degrees, by place code.
    moves : tuple of Change
        Every change of tier against the edition before.
    villages : dict
        Village code of each member who moved, the last one known of a member who left.
    relations : tuple of Relation
        Who belongs together by a guarantee or a cooperative, sorted.
    """

    basis: Basis
    profile: pa.Table
    rows: pa.Table
    household_borrower: Floats
    consent_days: Mapping[str, Floats]
    consents_digest: str
    people: People
    places: dict[str, tuple[str, str | None, str | None]]
    positions: dict[str, tuple[float, float]]
    funnel: Funnel
    moves: tuple[Change, ...]
    villages: dict[str, str]
    relations: tuple[Relation, ...]

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
        consent_days=consent.days,
        consents_digest=consent.digest,
        people=people(archive, basis.as_of, members),
        places=place_names(archive, basis.as_of),
        positions=place_positions(archive, basis.as_of),
        funnel=_funnel(profile, scored.rows, borrowing(archive, basis.as_of, members)),
        moves=moved,
        villages=_villages(moved, scored.rows, previous),
        relations=relations(archive, profile, basis.as_of),
    )


@dataclass(frozen=True)
class Consent:
    """Profiles with consent in force, the days by column of the edition, the records' digest."""

    profile: pa.Table
    days: Mapping[str, Floats]
    digest: str


def merge_consents(profile: pa.Table, basis: Basis, records: Records) -> Consent:
    """Return the profiles with the counter's `records` by member and purpose merged in.

    Parameters
    ----------
    profile
        Has `CONSENT_DAYS` behind the attributes, which the result keeps apart.
    """
    days = {name: _numbers(profile[name].combine_chunks()) for name in CONSENT_DAYS}
    profile = profile.drop([*CONSENT_DAYS])
    in_force = profile[CONSENT_IN_FORCE].to_pylist()
    rows = pc.index_in(pa.array(records, pa.string()), profile["member_id"].combine_chunks())
    for row, changes in zip(rows.to_pylist(), records.values(), strict=True):
        if row is not None:
            in_force[row] = _merge_record(days, row, changes, basis.policy.consent_terms.purposes)
    at = profile.schema.get_field_index(CONSENT_IN_FORCE)
    field = profile.schema.field(at)
    merged = profile.set_column(at, field, pa.array(in_force, field.type)) if records else profile
    return Consent(merged, days, _digest(records))


def _numbers(days: pa.Array) -> Floats:
    numbers = days.cast(pa.int32()).cast(pa.float64())
    return np.array(numbers.to_numpy(zero_copy_only=False))


def _merge_record(
    days: Mapping[str, Floats],
    row: int,
    changes: Mapping[str, ConsentChange],
    needed: Sequence[str],
) -> bool:
    """Write the later days of `changes` to `row`; return whether consent is in force."""
    for purpose, change in changes.items():
        given, withdrawn = PURPOSE_DAYS[purpose]
        column = days[given if change.is_given else withdrawn]
        column[row] = np.fmax(column[row], day_number(change.on))
        days[CONSENT_ON][row] = np.fmax(days[CONSENT_ON][row], day_number(change.on))
    known = {each: change_of(*(days[n][row] for n in PURPOSE_DAYS[each])) for each in needed}
    state = consent_to_all({each: c for each, c in known.items() if c is not None}, needed)
    return state is not None and state.is_given


def _digest(records: Records) -> str:
    """Return the digest that identifies a set of records; empty for none."""
    if not records:
        return ""
    states = {
        member: {purpose: f"{change.on} {change.is_given}" for purpose, change in changes.items()}
        for member, changes in records.items()
    }
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
