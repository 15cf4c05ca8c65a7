"""What one edition holds, in memory: rows, profiles, people, places, funnel, changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import pyarrow as pa
import pyarrow.compute as pc

from api.edition_consent import Consent
from api.edition_sources import Borrowing, People, borrowing, people, place_names
from api.funnel import Funnel, funnel
from api.scoring import Basis, Scored, member_ids
from data.archive import Archive
from model.edition import Change, Edition, Standing, changes
from model.scorecard import Floats


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
        changes=tuple(moves(previous, scored.rows, basis.card.digest)),
    )


def moves(previous: Before | None, rows: pa.Table, card_digest: str) -> Iterator[Change]:
    """Yield entries into and exits from the first tier of `rows` against `previous`.

    Only members who were or are in it can move, so only their standings are made.
    """
    parts = [rows] if previous is None else [previous.rows, rows]
    firsts = [part["member_id"].filter(pc.equal(part["tier"], "FIRST")) for part in parts]
    movers = pa.chunked_array([chunk for first in firsts for chunk in first.chunks], pa.string())
    before = None if previous is None else _standings(previous.rows, movers, previous.card_digest)
    return changes(before, _standings(rows, movers, card_digest))


def _standings(rows: pa.Table, movers: pa.ChunkedArray, card_digest: str) -> Edition:
    kept = rows.filter(pc.is_in(rows["member_id"], movers))
    columns = (kept[name].to_pylist() for name in ("member_id", "tier", "points", "knock_outs"))
    return Edition(
        card_digest,
        {
            member: Standing(tier, points, tuple(codes))
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
