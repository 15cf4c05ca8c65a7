"""Identity 身份, the consents: which hold, by purpose, from both places where an archive has them.

The table ``consents`` has a row a spell. Columns of a members file count as spells for what their
headers name; the newest version of the member's row is what they say. They name no recipient, and
count for the bank as its own forms did.
"""

from __future__ import annotations

from collections.abc import Mapping

import ibis
from ibis.expr.types import BooleanValue, DateValue, Table, Value

from model.profile.flows.formula import formula, view
from model.profile.point_in_time import KEYS, PointInTime

#: What a decision needs consent to; a consent to share data with others is not among it.
NEEDED = ("personal_information", "credit_bureau")
#: Beginning of the two columns in ``members`` → the purposes that their headers name.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "consent": ("personal_information", "credit_bureau"),
    "personal_consent": ("personal_information",),
    "bureau_consent": ("credit_bureau",),
}
#: The bank decides, so a consent that names the Post alone does not count (PIPL art. 23).
_OTHER_RECIPIENT = "post"


@view("members", single=True)
def consents(now: PointInTime) -> Table:
    """Select the last day of giving and of withdrawing consent to each needed purpose."""
    rows = now.rows("members")
    own = rows.select(*KEYS, **{name: _in_member_row(rows, *of) for name, of in _changes().items()})
    if "consents" not in now.tables:
        return own
    spells = now.rows("consents")
    listed = spells.filter(spells.recipient != _OTHER_RECIPIENT).group_by(KEYS)
    days = {name: _in_spells(spells, *of) for name, of in _changes().items()}
    both = own.left_join(listed.aggregate(**days), list(KEYS), rname="{name}_listed")
    return both.select(
        *KEYS, **{name: _later(both[name], both[f"{name}_listed"]) for name in _changes()}
    )


@formula(consents)
def consent_in_force(row: Table) -> Value:
    """Whether the last change of consent to each needed purpose gave it; a day's last withdraws."""
    return _holds(row, NEEDED[0]) & _holds(row, NEEDED[1])


def consent_on(row: Table) -> DateValue:
    """Return the day of the latest change of consent before the as-of date, or null."""
    first, *others = (row[name] for name in _changes())
    latest = first
    for day in others:
        latest = _later(latest, day)
    return latest


def _changes() -> dict[str, tuple[str, str]]:
    """Return the columns of `consents`: name → purpose, and given_on or withdrawn_on."""
    return {
        f"{purpose}_{change}": (purpose, change)
        for purpose in NEEDED
        for change in ("given_on", "withdrawn_on")
    }


def _in_member_row(rows: Table, purpose: str, change: str) -> DateValue:
    latest = ibis.null("date")
    for column, purposes in _COLUMNS.items():
        if purpose in purposes:
            day = rows[f"{column}_{change}"]
            latest = _later(latest, (day < rows.as_of).ifelse(day, None))
    return latest


def _in_spells(rows: Table, purpose: str, change: str) -> DateValue:
    return rows[change].max(where=(rows.purpose == purpose) & (rows[change] < rows.as_of))


def _later(one: DateValue, other: DateValue) -> DateValue:
    """Return the later of two days; a missing one does not count."""
    return ibis.coalesce(ibis.greatest(one, other), one, other)


def _holds(row: Table, purpose: str) -> BooleanValue:
    given, withdrawn = row[f"{purpose}_given_on"], row[f"{purpose}_withdrawn_on"]
    return given.notnull() & (withdrawn.isnull() | (given > withdrawn))
