"""Identity 身份, the consents: which hold, by purpose, from both places where an archive has them.

The table ``consents`` has a row a spell. Columns of a members file count as spells for what their
headers name, without a recipient; the newest version of the member's row that fills any of them is
what they say, since a file without them says nothing of consent. Which purposes and recipients
count is policy, and may change with the as-of date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import reduce
from operator import and_, or_

import ibis
from ibis.expr.types import BooleanValue, DateValue, Table, Value

from model.profile.consent_terms import (
    CHANGES,
    PURPOSES,
    RECIPIENTS,
    UNSTATED,
    ConsentTerms,
    DatedTerms,
    day_name,
)
from model.profile.flows.formula import formula, view
from model.profile.point_in_time import KEYS, PointInTime

#: Beginning of the two columns in ``members`` → the purposes that their headers name.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "consent": ("personal_information", "credit_bureau"),
    "personal_consent": ("personal_information",),
    "bureau_consent": ("credit_bureau",),
    "sharing_consent": ("data_sharing",),
}


@view("members", single=True)
def consents(now: PointInTime) -> Table:
    """Select the last day of giving and of withdrawing consent to each purpose, by `day_name`.

    ``in_force`` says whether consent holds to all that the terms of the as-of date ask for, and
    ``changed_on`` when it last changed.
    """
    listed, terms = _listed(now), now.consent_terms
    days = {
        day_name(purpose, change): _by_terms(listed, terms, _counted(listed, purpose, change))
        for purpose in PURPOSES
        for change in CHANGES
    }
    rows = listed.select(*KEYS, **days)
    return rows.mutate(
        in_force=_by_terms(rows, terms, lambda t: reduce(and_, _holding(rows, t))),
        changed_on=_by_terms(rows, terms, lambda t: _latest(list(_changes(rows, t)))),
    )


@formula(consents)
def consent_in_force(row: Table) -> Value:
    """Whether the last change of consent to each needed purpose gave it; a day's last withdraws."""
    return row.in_force


def _listed(now: PointInTime) -> Table:
    """Return the last day of each change by purpose and recipient, of both places."""
    own = _in_member_rows(now)
    if "consents" not in now.tables:
        return own
    spells = now.rows("consents")
    days = {
        f"{day_name(purpose, change)}_{recipient}": spells[change].max(
            where=(spells.purpose == purpose)
            & (spells.recipient == recipient)
            & (spells[change] < spells.as_of)
        )
        for purpose in PURPOSES
        for change in CHANGES
        for recipient in RECIPIENTS
    }
    both = own.left_join(spells.group_by(KEYS).aggregate(**days), list(KEYS), rname="{name}_spell")
    merged = {name: _latest([both[name], both[f"{name}_spell"]]) for name in own.columns[2:]}
    return both.mutate(**merged)


def _in_member_rows(now: PointInTime) -> Table:
    """Return the last day of each change that the columns of members files tell."""
    members = now.tables["members"]
    filled = [members[f"{column}_{change}"].notnull() for column in _COLUMNS for change in CHANGES]
    telling = replace(now, tables={**now.tables, "members": members.filter(reduce(or_, filled))})
    rows = telling.rows("members")
    days = {
        f"{day_name(purpose, change)}_{UNSTATED}": _in_row(rows, purpose, change)
        for purpose in PURPOSES
        for change in CHANGES
    }
    known = now.rows("members").select(*KEYS)
    return known.left_join(rows.select(*KEYS, **days), list(KEYS), rname="{name}_told").select(
        *KEYS, *days
    )


def _in_row(rows: Table, purpose: str, change: str) -> DateValue:
    named = [column for column, purposes in _COLUMNS.items() if purpose in purposes]
    days = [rows[f"{column}_{change}"] for column in named]
    return _latest([(day < rows.as_of).ifelse(day, None) for day in days])


def _counted(listed: Table, purpose: str, change: str) -> Callable[[ConsentTerms], DateValue]:
    """Return what takes the last day of a change of consent to a recipient that counts."""

    def latest(terms: ConsentTerms) -> DateValue:
        names = [f"{day_name(purpose, change)}_{recipient}" for recipient in terms.recipients]
        return _latest([listed[name] for name in names if name in listed.columns])

    return latest


def _latest(days: list[DateValue]) -> DateValue:
    """Return the latest of `days`; a missing one does not count."""
    if not days:
        return ibis.null("date")
    return reduce(lambda one, other: ibis.coalesce(ibis.greatest(one, other), one, other), days)


def _holding(rows: Table, terms: ConsentTerms) -> Iterator[BooleanValue]:
    for purpose in terms.purposes:
        given, withdrawn = (rows[day_name(purpose, change)] for change in CHANGES)
        yield given.notnull() & (withdrawn.isnull() | (given > withdrawn))


def _changes(rows: Table, terms: ConsentTerms) -> Iterator[DateValue]:
    for purpose in terms.purposes:
        yield from (rows[day_name(purpose, change)] for change in CHANGES)


def _by_terms(rows: Table, dated: DatedTerms, value: Callable[[ConsentTerms], Value]) -> Value:
    """Return `value` of the terms in force at each row's as-of date."""
    (_, first), *later = dated
    cases = [(rows.as_of >= start, value(terms)) for start, terms in reversed(later)]
    return ibis.cases(*cases, else_=value(first)) if cases else value(first)
