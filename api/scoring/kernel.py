"""The scoring of profiles: whitelist rows, one per member, for whole households of an archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.storage.profiles import columns_of
from model.card.bins import Columns, Floats, Ints
from model.card.card_file import CardFile
from model.decision.knock_outs import KnockOuts
from model.decision.whitelist import Assessment, household_numbers, measures
from model.errors import ArchiveError, CardError
from model.policy.policy import Policy

SCHEMA = pa.schema(
    [
        pa.field("member_id", pa.string(), nullable=False),
        pa.field("tier", pa.string(), nullable=False),
        pa.field("points", pa.int64()),
        pa.field("pd", pa.float64()),
        pa.field("grade", pa.string()),
        pa.field("limit_yuan", pa.int64(), nullable=False),
        pa.field("annual_rate", pa.float64()),
        pa.field("months", pa.int64()),
        pa.field("repayment", pa.string()),
        pa.field("limit_bound_by", pa.string()),
        *(pa.field(f"reason_{i}", pa.string()) for i in (1, 2, 3, 4)),
        *(pa.field(f"points_lost_{i}", pa.int64()) for i in (1, 2, 3, 4)),
        pa.field("knock_outs", pa.list_(pa.field("item", pa.string(), nullable=False))),
        pa.field("county_code", pa.string(), nullable=False),
        pa.field("township_code", pa.string(), nullable=False),
        pa.field("village_code", pa.string(), nullable=False),
        pa.field("as_of", pa.date32(), nullable=False),
        pa.field("policy_digest", pa.string(), nullable=False),
        pa.field("card_digest", pa.string(), nullable=False),
    ]
)


#: About how many profiles are assessed at once: their arrays fit into the processor's cache.
SLICE = 16_384


@dataclass(frozen=True)
class Basis:
    """The date, policy and card behind every row of an edition."""

    as_of: date
    policy: Policy
    card: CardFile


@dataclass(frozen=True)
class Scored:
    """An edition's rows, and the column ``household_borrower`` that reproduces each of them."""

    rows: pa.Table
    household_borrower: Floats


def score_profile(profile: pa.Table, basis: Basis) -> Scored:
    """Score a whole archive's profiles in this process, a slice of them at a time.

    Raises
    ------
    ArchiveError
        If there is no member.
    CardError
        If the profile lacks an attribute of the card.
    """
    refuse_unusable(profile, basis)
    homes = columns_of(profile.select(["household_id"]))
    household = household_numbers(homes, member_ids(profile))
    order = np.argsort(household, kind="stable")
    borrower, rows = np.empty(profile.num_rows), []
    for picked in _whole_households(order, household):
        part, borrower[picked] = _scored(profile.take(picked), basis)
        rows.append(part)
    by_member = pa.concat_tables(rows).combine_chunks().take(np.argsort(order))
    return Scored(by_member.combine_chunks(), borrower)


def _scored(part: pa.Table, basis: Basis) -> tuple[pa.Table, Floats]:
    """Return the rows of whole households, and who of each borrows."""
    columns, policy = columns_of(part), basis.policy
    measured = measures(columns, basis.as_of, policy, basis.card.card)
    assessment, borrower = measured.in_households(member_ids(part), policy)
    return whitelist_rows(assessment, columns, member_ids(part), basis), borrower


def _whole_households(order: Ints, household: Ints) -> Iterator[Ints]:
    """Yield the rows of `order`, which is by household, about `SLICE` at a time."""
    sorted_ = household[order]
    starts = np.unique(np.searchsorted(sorted_, sorted_[::SLICE]))
    for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
        yield order[start:end]


def member_ids(profile: pa.Table) -> NDArray[np.object_]:
    """Return the member ids of `profile`, shape (n,)."""
    ids: NDArray[np.object_] = profile["member_id"].to_numpy(zero_copy_only=False)
    return ids


def refuse_unusable(profile: pa.Table, basis: Basis) -> None:
    """Refuse an empty profile, and one that the card cannot score; see `score_profile`."""
    if not profile.num_rows:
        raise ArchiveError(
            f"the archive has no member known before {basis.as_of}; import the members' files, or"
            " choose a later date"
        )
    absent = set(basis.card.card.inputs) - set(profile.column_names)
    if absent:
        raise CardError(
            f"the published card reads {', '.join(sorted(absent))}, which a member's profile does"
            " not have: it was trained on another table; promote a card trained on this archive"
        )


def whitelist_rows(
    assessment: Assessment,
    columns: Columns,
    member_id: NDArray[np.object_],
    basis: Basis,
) -> pa.Table:
    """Return the edition's rows.

    As in a decision, points, PD, grade and reasons are null for a member who may not be scored;
    rate, term, repayment and bound are null without an offer.
    """
    unscored, unoffered = ~assessment.scored, ~assessment.offered
    by_rank = unscored[:, None] | (assessment.reasons == None)  # noqa: E711 - elementwise, on objects
    village = columns["village_code"].astype(str)
    rows = {
        "member_id": member_id,
        "tier": assessment.tier,
        "points": _masked(assessment.points, unscored),
        "pd": _masked(assessment.pd, unscored),
        "grade": _masked(assessment.grade, unscored),
        "limit_yuan": assessment.limit_yuan,
        "annual_rate": _masked(assessment.offer.annual_rate, unoffered),
        "months": _masked(assessment.terms.months, unoffered),
        "repayment": _masked(assessment.terms.repayment, unoffered),
        "limit_bound_by": _masked(assessment.offer.bound_by, unoffered),
        **{f"reason_{i + 1}": _masked(assessment.reasons[:, i], by_rank[:, i]) for i in range(4)},
        **{f"points_lost_{i + 1}": _masked(assessment.lost[:, i], by_rank[:, i]) for i in range(4)},
        "knock_outs": _codes(assessment.knock_outs),
        "county_code": village.astype("U6").astype(object),
        "township_code": village.astype("U9").astype(object),
        "village_code": village.astype(object),
        "as_of": np.full(len(member_id), np.datetime64(basis.as_of)),
        "policy_digest": [basis.policy.digest] * len(member_id),
        "card_digest": [basis.card.digest] * len(member_id),
    }
    return pa.table({name: rows[name] for name in SCHEMA.names}, schema=SCHEMA)


def _codes(hits: KnockOuts) -> pa.Array:
    """Return the codes that matched each row, in policy order, as lists."""
    ends = hits.matched.sum(axis=1).cumsum()
    offsets = pa.array(np.concatenate([[0], ends]), pa.int32())
    rules = pa.array(np.nonzero(hits.matched)[1])
    return pa.ListArray.from_arrays(offsets, pa.array(hits.codes, pa.string()).take(rules))


def _masked(values: NDArray[np.generic], is_null: NDArray[np.bool_]) -> pa.Array:
    return pa.array(values, mask=is_null)
