"""Information 信息流, the records: peer review, training, cooperatives, adverse records."""

from __future__ import annotations

from ibis.expr.types import BooleanColumn, IntegerScalar, Table, Value

from model.profile.flows.formula import formula, view
from model.profile.point_in_time import PointInTime
from model.profile.windows import LAPSE_MONTHS, completed_months, day_number, in_last


@view("assessments")
def assessments(now: PointInTime) -> Table:
    """Select assessments, with grades as numbers: A = 4 … D = 1."""
    rows = now.rows("assessments")
    return rows.mutate(grade_number=rows.grade.cases(("A", 4), ("B", 3), ("C", 2), ("D", 1)))


@view("adverse_records")
def adverse_records(now: PointInTime) -> Table:
    """Select records; `resolved` if that was before the as-of date, `kept` for five years on.

    A record that is not resolved never lapses.
    """
    rows = now.rows("adverse_records")
    resolved = (rows.resolved_on < rows.as_of).fill_null(False)
    age = completed_months(rows.resolved_on, rows.as_of)
    return rows.mutate(resolved=resolved, kept=resolved & (age < LAPSE_MONTHS))


@view("cooperative_members")
def cooperatives(now: PointInTime) -> Table:
    """Select the cooperatives that the member belongs to."""
    rows = now.rows("cooperative_members")
    return rows.filter((rows.to_on >= rows.as_of).fill_null(True))


@formula(cooperatives, none=0)
def cooperative_months(rows: Table) -> Value:
    """Completed months since the member joined a cooperative; 0 for none."""
    return completed_months(rows.from_on, rows.as_of).max()


@formula(assessments, none=0)
def trainings_24m(rows: Table) -> Value:
    """Trainings attended."""
    return (in_last(rows, 24) & (rows.kind == "training")).sum()


@formula(assessments)
def peer_review_grade_24m(rows: Table) -> Value:
    """Grade of the latest graded peer review: A = 4, B = 3, C = 2, D = 1."""
    graded = (rows.kind == "peer_review") & rows.grade_number.notnull()
    return rows.grade_number.argmax(rows.event_on, where=graded & in_last(rows, 24))


@formula(adverse_records, none=0)
def adverse_resolved_60m(rows: Table) -> Value:
    """Court, blacklist and overdue records that were resolved within the last five years."""
    return _resolved(rows).sum()


@formula(adverse_records, none=0)
def adverse_resolved_24m(rows: Table) -> Value:
    """Court, blacklist and overdue records that were resolved within the last 24 months."""
    lately = completed_months(rows.resolved_on, rows.as_of) < 24
    return (_resolved(rows) & lately).sum()


@formula(adverse_records)
def adverse_resolved_on(rows: Table) -> Value:
    """Day on which the last of these records was resolved, in days since 1970-01-01."""
    return day_number(rows.resolved_on.max(where=_resolved(rows)))


@formula(adverse_records, none=0)
def bureau_queries_6m(rows: Table) -> Value:
    """Count of queries at the credit bureau."""
    return (in_last(rows, 6) & (rows.kind == "bureau_query")).sum()


@formula(adverse_records, none=0)
def court_unresolved(rows: Table) -> Value:
    """Court records that are not resolved, whatever their age."""
    return _unresolved(rows, "court")


@formula(adverse_records, none=0)
def blacklist_unresolved(rows: Table) -> Value:
    """Blacklist records that are not resolved, whatever their age."""
    return _unresolved(rows, "blacklist")


@formula(adverse_records, none=0)
def overdue_elsewhere_unresolved(rows: Table) -> Value:
    """Overdue records elsewhere that are not resolved, whatever their age."""
    return _unresolved(rows, "overdue_elsewhere")


def _unresolved(rows: Table, kind: str) -> IntegerScalar:
    return ((rows.kind == kind) & ~rows.resolved).sum()


def _resolved(rows: Table) -> BooleanColumn:
    return rows.kept & (rows.kind != "bureau_query")
