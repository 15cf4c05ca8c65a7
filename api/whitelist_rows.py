"""An edition's rows: one per member, in the stable shape, sorted by member id."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model.knockouts import KnockOuts
from model.scorecard import Columns
from model.whitelist import Assessment

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


def whitelist_rows(
    found: Assessment,
    columns: Columns,
    member_id: NDArray[np.object_],
    as_of: date,
    policy_digest: str,
    card_digest: str,
) -> pa.Table:
    """Return the edition's rows.

    What a member has no right to is null, as in a decision: points, PD, grade and reasons of a
    member who may not be scored; rate, term, repayment and bound without an offer.
    """
    unscored, unoffered = ~found.scored, ~found.offered
    by_rank = unscored[:, None] | (found.reasons == None)  # noqa: E711 - elementwise, on objects
    village = columns["village_code"].astype(str)
    rows = {
        "member_id": member_id,
        "tier": found.tier,
        "points": _masked(found.points, unscored),
        "pd": _masked(found.pd, unscored),
        "grade": _masked(found.grade, unscored),
        "limit_yuan": found.limit_yuan,
        "annual_rate": _masked(found.offer.annual_rate, unoffered),
        "months": _masked(found.terms.months, unoffered),
        "repayment": _masked(found.terms.repayment, unoffered),
        "limit_bound_by": _masked(found.offer.bound_by, unoffered),
        **{f"reason_{i + 1}": _masked(found.reasons[:, i], by_rank[:, i]) for i in range(4)},
        **{f"points_lost_{i + 1}": _masked(found.lost[:, i], by_rank[:, i]) for i in range(4)},
        "knock_outs": _codes(found.knock_outs),
        "county_code": village.astype("U6").astype(object),
        "township_code": village.astype("U9").astype(object),
        "village_code": village.astype(object),
        "as_of": np.full(len(member_id), np.datetime64(as_of)),
        "policy_digest": [policy_digest] * len(member_id),
        "card_digest": [card_digest] * len(member_id),
    }
    return pa.table({name: rows[name] for name in SCHEMA.names}, schema=SCHEMA)


def _codes(hits: KnockOuts) -> pa.Array:
    """Return the codes that matched each row, in policy order, as lists."""
    ends = hits.matched.sum(axis=1).cumsum()
    offsets = pa.array(np.concatenate([[0], ends]), pa.int32())
    rules = pa.array(np.nonzero(hits.matched)[1])
    return pa.ListArray.from_arrays(offsets, pa.array(hits.codes, pa.string()).take(rules))


def _masked(values: NDArray[np.generic], void: NDArray[np.bool_]) -> pa.Array:
    return pa.array(values, mask=void)
