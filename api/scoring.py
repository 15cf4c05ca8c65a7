"""Profiles in, whitelist rows out: in this process, or batch by batch wherever rows live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from api.whitelist_rows import whitelist_rows
from data.profiles import columns_of
from model.card_file import CardFile
from model.errors import EditionError
from model.policy import Policy
from model.scorecard import Columns, Floats
from model.whitelist import HOUSEHOLD_BORROWER, assess, assess_edition


@dataclass(frozen=True)
class Basis:
    """What every row of an edition is judged by: one date, one policy, one card."""

    as_of: date
    policy: Policy
    card: CardFile


@dataclass(frozen=True)
class Scored:
    """An edition's rows, and the ``household_borrower`` column that reproduces each of them."""

    rows: pa.Table
    household_borrower: Floats


def score_profile(profile: pa.Table, basis: Basis) -> Scored:
    """Score a whole archive's profiles in this process.

    Raises
    ------
    EditionError
        If there is no member, or the profile lacks an attribute of the card.
    """
    refuse_unusable(profile, basis)
    columns, members = columns_of(profile), member_ids(profile)
    found, place = assess_edition(columns, members, basis.as_of, basis.policy, basis.card.card)
    rows = whitelist_rows(
        found, columns, members, basis.as_of, basis.policy.digest, basis.card.digest
    )
    return Scored(rows, place)


def score_part(part: pa.Table, household_borrower: Floats, basis: Basis) -> pa.Table:
    """Score some of the profiles, their households' borrowers given; row by row the same."""
    columns: Columns = {**columns_of(part), HOUSEHOLD_BORROWER: household_borrower}
    found = assess(columns, basis.as_of, basis.policy, basis.card.card)
    return whitelist_rows(
        found, columns, member_ids(part), basis.as_of, basis.policy.digest, basis.card.digest
    )


def member_ids(profile: pa.Table) -> NDArray[np.object_]:
    """Return the member ids of `profile`, shape (n,)."""
    ids: NDArray[np.object_] = profile["member_id"].to_numpy(zero_copy_only=False)
    return ids


def refuse_unusable(profile: pa.Table, basis: Basis) -> None:
    """Refuse an empty profile, and one the card cannot score; see `score_profile`."""
    if not profile.num_rows:
        raise EditionError(
            f"the archive holds no member known before {basis.as_of}; import the members' files,"
            " or choose a later date"
        )
    absent = set(basis.card.card.inputs) - set(profile.column_names)
    if absent:
        raise EditionError(
            f"the published card reads {', '.join(sorted(absent))}, which a member's profile does"
            " not have: it was trained on another table; promote a card trained on this archive"
        )
