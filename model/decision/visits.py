"""What an officer's visit confirms, and where it stands in for what the archive records.

A visit confirms a yearly income, the yield of a crop's last harvest, or since when a member lives
in the village. It counts at once, by the ledger, and reaches the archive with the next import. An
edition knows what was recorded before its day, so a later visit prevails over its values, and an
earlier one fills in only what they leave out. Evidence that is stronger than a visit prevails over
every visit, as it does within the archive.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from model.decision.consent import day_number
from model.policy.entries import EVIDENCE
from model.policy.policy import Policy

#: The number of the policy that lets visits count, for so many days; absent in older policies.
VISIT_VALID_DAYS = "visit_valid_days"
#: Evidence of an income that a visit confirms, in the archive and in the policy.
OFFICER_VISIT = "officer_visit"

_SINCE, _YEARS, _DECLARED = "resident_since", "resident_years", "declared_income_yuan"

Value = float | str | None


@dataclass(frozen=True)
class Harvest:
    """The yield of a crop in a season, such as ``2023-S``, in kg a mu."""

    season: str
    kg_per_mu: float


@dataclass(frozen=True)
class Visit:
    """What one visit confirmed; days are days in China.

    Attributes
    ----------
    recorded_on, visited_on, until : date
        When it was recorded and made, and the last day on which it counts.
    incomes : mapping of str to int
        Yuan a year by kind of income.
    harvests : mapping of str to Harvest
        By crop.
    resident_since : date or None
        Since when the member lives in the village; None if the visit did not confirm it.
    """

    visit_id: str
    recorded_on: date
    visited_on: date
    until: date
    incomes: Mapping[str, int]
    harvests: Mapping[str, Harvest]
    resident_since: date | None = None


@dataclass(frozen=True)
class Confirmed:
    """What visits change in a profile.

    Attributes
    ----------
    values : mapping
        Attributes of the profile that the visits replace.
    visits : tuple of Visit
        The visits that they come from, oldest first.
    """

    values: Mapping[str, Value]
    visits: tuple[Visit, ...]


def counts_visits(policy: Policy) -> bool:
    """Return whether visits count; under older policies only the archive does."""
    return VISIT_VALID_DAYS in policy.numbers


def confirmed(profile: Mapping[str, Value], visits: Iterable[Visit], as_of: date) -> Confirmed:
    """Return what `visits` change in `profile`, which is that of an edition as of `as_of`.

    Of several visits that confirm the same thing the last one made counts; of one day, the last one
    recorded, in the order of `visits`.

    Parameters
    ----------
    profile
        Attributes by name; a missing value is NaN or None.
    """
    values: dict[str, Value] = {}
    used: dict[str, Visit] = {}
    ordered = sorted(visits, key=lambda visit: visit.visited_on)
    for name, visit in _latest(ordered).items():
        changes = _changes(name, visit, profile, as_of)
        if changes:
            values |= changes
            used[visit.visit_id] = visit
    return Confirmed(values, tuple(each for each in ordered if each.visit_id in used))


def withdrawn(
    profile: Mapping[str, Value], visits: Iterable[Visit], as_of: date
) -> dict[str, Value]:
    """Return what is unknown in `profile`, of an edition as of `as_of`, without `visits`.

    The visits were withdrawn after the edition was made. What it holds of them is no longer known:
    what the archive held before is not in the edition, and a value that nobody vouches for never
    raises a limit.
    """
    undone: dict[str, Value] = {}
    for visit in visits:
        if visit.recorded_on < as_of:
            undone |= _undone(visit, profile)
    return undone


def _undone(visit: Visit, profile: Mapping[str, Value]) -> dict[str, Value]:
    undone: dict[str, Value] = {}
    for kind, yuan in visit.incomes.items():
        amount, evidence = f"documented_{kind}_yuan", f"documented_{kind}_evidence"
        if profile.get(evidence) == OFFICER_VISIT and profile.get(amount) == yuan:
            undone |= {amount: None, evidence: None}
    for crop, found in visit.harvests.items():
        if profile.get(f"yield_{crop}_kg") == found.kg_per_mu:
            undone[f"yield_{crop}_kg"] = None
    since = visit.resident_since
    if since is not None and profile.get(_SINCE) == day_number(since):
        undone |= {_SINCE: None, _YEARS: None}
    return undone


def _latest(ordered: Iterable[Visit]) -> dict[tuple[str, str], Visit]:
    """Return the last visit that confirms each thing: its sort, and its kind or crop."""
    latest: dict[tuple[str, str], Visit] = {}
    for visit in ordered:
        latest |= {("income", kind): visit for kind in visit.incomes}
        latest |= {("harvest", crop): visit for crop in visit.harvests}
        latest |= {("residence", ""): visit} if visit.resident_since else {}
    return latest


def _changes(
    name: tuple[str, str], visit: Visit, profile: Mapping[str, Value], as_of: date
) -> dict[str, Value]:
    sort, of = name
    is_news = visit.recorded_on >= as_of
    if sort == "income":
        return _income(of, visit, profile, is_news)
    if sort == "harvest":
        attribute = f"yield_{of}_kg"
        yields = visit.harvests[of].kg_per_mu
        return {attribute: yields} if _gives_way(attribute, profile, is_news) else {}
    since = visit.resident_since
    if since is None or not (_gives_way(_SINCE, profile, is_news) and _YEARS in profile):
        return {}
    return {_SINCE: day_number(since), _YEARS: float(_completed_years(since, as_of))}


def _income(
    kind: str, visit: Visit, profile: Mapping[str, Value], is_news: bool
) -> dict[str, Value]:
    amount, evidence = f"documented_{kind}_yuan", f"documented_{kind}_evidence"
    if evidence not in profile or _strength(profile[evidence]) > _strength(OFFICER_VISIT):
        return {}
    if profile[evidence] == OFFICER_VISIT and not is_news:
        return {}
    changes: dict[str, Value] = {amount: float(visit.incomes[kind]), evidence: OFFICER_VISIT}
    # With an income on record, nothing declared means none: it is no longer unknown.
    if _is_missing(profile.get(_DECLARED)):
        changes[_DECLARED] = 0.0
    return changes


def _strength(evidence: Value) -> int:
    return -EVIDENCE.index(evidence) if evidence in EVIDENCE else -len(EVIDENCE)


def _gives_way(attribute: str, profile: Mapping[str, Value], is_news: bool) -> bool:
    return attribute in profile and (is_news or _is_missing(profile[attribute]))


def _is_missing(value: Value) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _completed_years(since: date, as_of: date) -> int:
    """Return the full years from `since` to `as_of`, as a profile counts them."""
    months = (as_of.year - since.year) * 12 + as_of.month - since.month
    return max((months - (as_of.day < since.day)) // 12, 0)
