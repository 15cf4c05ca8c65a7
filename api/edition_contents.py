"""What one edition holds, in memory: rows, profiles, people, places, funnel, changes."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pyarrow as pa
import pyarrow.compute as pc

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
    places : dict
        (county, township, village) names by place code.
    changes : tuple of Change
        Entries into and exits from the first tier against the edition before.
    """

    basis: Basis
    profile: pa.Table
    rows: pa.Table
    household_borrower: Floats
    people: People
    places: dict[str, tuple[str, str | None, str | None]]
    funnel: Funnel
    changes: tuple[Change, ...]


def contents(
    archive: Archive, profile: pa.Table, scored: Scored, basis: Basis, previous: Edition | None
) -> Contents:
    """Gather what goes with the `scored` rows of `profile`.

    Raises
    ------
    EditionError
        If the funnel does not reconcile.
    """
    members = member_ids(profile)
    return Contents(
        basis=basis,
        profile=profile,
        rows=scored.rows,
        household_borrower=scored.household_borrower,
        people=people(archive, basis.as_of, members),
        places=place_names(archive, basis.as_of),
        funnel=_funnel(profile, scored.rows, borrowing(archive, basis.as_of, members)),
        changes=tuple(changes(previous, standings(scored.rows, basis.card.digest))),
    )


def standings(rows: pa.Table, card_digest: str) -> Edition:
    """Return where each member of an edition's `rows` stood."""
    columns = (rows[name].to_pylist() for name in ("member_id", "tier", "points", "knock_outs"))
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
