"""The profile: the attributes of each member as of a date, one row per spine row.

The same expressions serve a nightly archive (every member, one date) and a training vintage (one
row per loan, each with its own date), on any engine that Ibis compiles to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import ibis
from ibis.expr.types import Table, Value

from model.profile.consent_terms import ALWAYS_FIRST, CHANGES, PURPOSES, DatedTerms, day_name
from model.profile.dictionary import Type, member_dictionary
from model.profile.flows import formulas
from model.profile.flows.consents import consents
from model.profile.flows.formula import PROFILE, Formula, View
from model.profile.point_in_time import KEYS, PointInTime

#: Column type of each type of attribute.
_COLUMN_TYPES: Mapping[Type, str] = {"number": "float64", "flag": "boolean", "text": "string"}

#: Columns beside the attributes: the days on which each member's consent last changed, in all and
#: by purpose, null for none; each with its name in the view `consents`.
CONSENT_DAYS: Mapping[str, str] = {
    "consent_on": "changed_on",
    **{name: name for purpose in PURPOSES for name in (day_name(purpose, c) for c in CHANGES)},
}


def build_profile(
    tables: Mapping[str, Table],
    spine: Table,
    consent_terms: DatedTerms = ALWAYS_FIRST,
    with_consent_days: bool = False,
    medians: Table | None = None,
) -> Table:
    """Return the profile of each row of `spine`.

    Parameters
    ----------
    tables
        The archive's tables by name, all versions of their rows, with the columns of
        ``archive.yaml`` and ``event_on``. Only ``members`` is required; the attributes of an absent
        table are missing.
    spine
        ``member_id`` (text) and ``as_of`` (date); rows may repeat, other columns are ignored.
    consent_terms
        What policy asks of consents, by the day from which it does.
    medians
        The rows of `yield_medians` for the months of the spine; None computes them too.

    Returns
    -------
    ibis.Table
        ``member_id``, ``as_of`` and every attribute of the dictionary in its order: float64,
        boolean or text; then, if asked for, `CONSENT_DAYS` (date). A member not visible as of the
        date has no identity attributes.
    """
    days = tuple(CONSENT_DAYS) if with_consent_days else ()
    now = PointInTime(tables, spine.select(*KEYS).distinct(), consent_terms, medians)
    profile = now.spine
    for number, (view, group) in enumerate(_by_view(tables).items()):
        values = _values(view.rows(now), view, group, days if view is consents else ())
        profile = profile.left_join(values, list(KEYS), rname="{name}_" + str(number))
    direct = {each.name: _filled(profile, each) for each in _direct()}
    known = profile.select(*KEYS, **direct, **{name: profile[name] for name in days})
    derived = known.mutate(**{each.name: each.compute(known) for each in _derived()})
    stored = derived.select(
        *KEYS, *(_stored(derived, each.name) for each in member_dictionary()), *days
    )
    return spine.select(*KEYS).inner_join(stored, list(KEYS))


def spine_as_of(tables: Mapping[str, Table], as_of: date) -> Table:
    """Return the spine of every member visible as of `as_of`."""
    return _members_as_of(tables, as_of).select(*KEYS)


def spine_in_pieces(tables: Mapping[str, Table], as_of: date, pieces: int) -> Table:
    """Return the spine of `spine_as_of` with ``piece``, 0 to `pieces` - 1, in its order.

    A household lies in one piece, so that a piece shows who of it borrows. A member of no household
    counts as one.
    """
    members = _members_as_of(tables, as_of)
    home = members.household_id.coalesce(members.member_id)
    number = ibis.dense_rank().over(order_by=home)
    return members.select(*KEYS, piece=(number % pieces).cast("int64")).order_by(
        "piece", "member_id"
    )


def _members_as_of(tables: Mapping[str, Table], as_of: date) -> Table:
    dated = tables["members"].select("member_id", as_of=ibis.literal(as_of, "date"))
    return PointInTime(tables, dated.distinct()).rows("members")


def _by_view(tables: Mapping[str, Table]) -> dict[View, list[Formula]]:
    """Return the direct formulas by view, without the views of absent tables."""
    by_view: dict[View, list[Formula]] = {}
    for each in _direct():
        if each.view.can_read(tables):
            by_view.setdefault(each.view, []).append(each)
    return by_view


def _direct() -> list[Formula]:
    return [each for each in formulas().values() if each.view is not PROFILE]


def _derived() -> list[Formula]:
    return [each for each in formulas().values() if each.view is PROFILE]


def _values(rows: Table, view: View, group: list[Formula], days: Sequence[str]) -> Table:
    values = {each.name: each.compute(rows) for each in group}
    values |= {name: rows[CONSENT_DAYS[name]] for name in days}
    return rows.select(*KEYS, **values) if view.single else rows.group_by(KEYS).aggregate(**values)


def _filled(profile: Table, each: Formula) -> Value:
    if each.name not in profile.columns:
        return ibis.null(_stored_type(each.name))
    return profile[each.name] if each.none is None else profile[each.name].fill_null(each.none)


def _stored(profile: Table, name: str) -> Value:
    return profile[name].cast(_stored_type(name)).name(name)


def _stored_type(name: str) -> str:
    return _COLUMN_TYPES[member_dictionary()[name].type]
