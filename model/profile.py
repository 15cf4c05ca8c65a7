"""The profile: what is believed of each member as of a date, one row per spine row.

The same expressions serve tonight's archive (every member, one date) and a training vintage (one
row per loan, each with its own date), on any engine Ibis compiles to.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis
from ibis.expr.types import Table, Value

from model.dictionary import Type, member_dictionary
from model.flows import formulas
from model.flows.formula import PROFILE, Formula, View
from model.point_in_time import KEYS, PointInTime

#: How each type of attribute is stored.
_STORED: Mapping[Type, str] = {"number": "float64", "flag": "boolean", "text": "string"}


def build_profile(tables: Mapping[str, Table], spine: Table) -> Table:
    """Return the profile of each row of `spine`.

    Parameters
    ----------
    tables
        The archive's tables by name, all versions of their rows, with the columns of
        ``archive.yaml`` and ``event_on``. Only ``members`` is required; the attributes of an absent
        table are missing.
    spine
        ``member_id`` (text) and ``as_of`` (date); rows may repeat, other columns are left out.

    Returns
    -------
    ibis.Table
        ``member_id``, ``as_of`` and every attribute of the dictionary in its order: float64,
        boolean or text. A member not visible as of the date has no identity attributes.
    """
    now = PointInTime(tables, spine.select(*KEYS).distinct())
    profile = now.spine
    for view, group in _by_view():
        if set(view.tables) <= tables.keys():
            profile = _joined(profile, _values(view.rows(now), view, group), group)
        else:
            profile = profile.mutate(**{each.name: _missing(each.name) for each in group})
    profile = profile.mutate(**{each.name: each.compute(profile) for each in _derived()})
    stored = profile.select(*KEYS, *(_stored(profile, a.name) for a in member_dictionary()))
    return spine.select(*KEYS).inner_join(stored, list(KEYS))


def spine_as_of(tables: Mapping[str, Table], as_of: date) -> Table:
    """Return the spine of every member visible as of `as_of`."""
    dated = tables["members"].select("member_id", as_of=ibis.literal(as_of, "date"))
    return PointInTime(tables, dated.distinct()).rows("members").select(*KEYS)


def _by_view() -> list[tuple[View, list[Formula]]]:
    views = list(dict.fromkeys(each.view for each in formulas().values()))
    return [
        (view, [each for each in formulas().values() if each.view == view])
        for view in views
        if view is not PROFILE
    ]


def _derived() -> list[Formula]:
    return [each for each in formulas().values() if each.view is PROFILE]


def _values(rows: Table, view: View, group: list[Formula]) -> Table:
    values = {each.name: each.compute(rows) for each in group}
    return rows.select(*KEYS, **values) if view.single else rows.group_by(KEYS).aggregate(**values)


def _joined(profile: Table, values: Table, group: list[Formula]) -> Table:
    joined = profile.left_join(values, list(KEYS), rname="{name}_of_view")
    filled = {e.name: joined[e.name].fill_null(e.none) for e in group if e.none is not None}
    return joined.drop(*(f"{key}_of_view" for key in KEYS)).mutate(**filled)


def _missing(name: str) -> Value:
    return ibis.null(_STORED[member_dictionary()[name].type])


def _stored(profile: Table, name: str) -> Value:
    return profile[name].cast(_STORED[member_dictionary()[name].type]).name(name)
