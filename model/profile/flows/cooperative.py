"""Identity 身份, the cooperative: whose records cannot be told from a cooperative's."""

from __future__ import annotations

from ibis.expr.types import Table, Value

from model.profile.flows.formula import formula, view
from model.profile.point_in_time import KEYS, PointInTime, in_force, versions, with_age
from model.profile.windows import in_last


@view("members", single=True)
def heads(now: PointInTime) -> Table:
    """Select members; `is_head` of a cooperative, by occupation or by its list of members.

    `has_file` if the sales of a cooperative that they head are on record of its own.
    """
    rows = now.rows("members").select(
        *KEYS, by_occupation=lambda row: row.occupation == "cooperative"
    )
    if "cooperative_members" not in now.tables:
        return rows.mutate(is_head=rows.by_occupation, has_file=False)
    headed = _headed(now)
    listed = headed.select(*KEYS, listed=True).distinct()
    filed = _filed(now, headed).mutate(filed=True)
    known = rows.left_join(listed, list(KEYS), rname="{name}_listed")
    known = known.left_join(filed, list(KEYS), rname="{name}_filed")
    return known.select(
        *KEYS,
        is_head=(known.by_occupation | known.listed.fill_null(False)),
        has_file=known.filed.fill_null(False),
    )


@formula(heads)
def heads_cooperative(row: Table) -> Value:
    """Whether the member heads a cooperative without sales on record of its own, 12 months."""
    return row.is_head & ~row.has_file


def _headed(now: PointInTime) -> Table:
    rows = now.rows("cooperative_members")
    present = rows.to_on.isnull() | (rows.to_on >= rows.as_of)
    return rows.filter((rows.role == "head") & present).select(*KEYS, "cooperative_id").distinct()


def _filed(now: PointInTime, headed: Table) -> Table:
    if "cooperative_sales" not in now.tables:
        return headed.filter(False).select(*KEYS)
    own = versions("cooperative_sales", now.tables["cooperative_sales"])
    rows = with_age("cooperative_sales", in_force(own.inner_join(headed, "cooperative_id")))
    return rows.filter(in_last(rows, 12)).select(*KEYS).distinct()
