"""Consent in force: the later of the records in the ledger and in the archive decides.

The decision, the payment, the routes of consent and the batch all use this one rule; see
`model.decision.consent`. The terms of the policy say to what, and to whom, consent is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import numpy as np

from api.access.erased import erasures
from api.core.calendar import date_in_china
from api.editions.edition import Edition, Profile
from api.ledger.commands import View
from api.ledger.database import Location
from api.ledger.entries import Entry, Kind
from api.ledger.store import ledger_exists, open_view
from model.decision.consent import (
    CONSENT_IN_FORCE,
    CONSENT_ON,
    PURPOSE_DAYS,
    ConsentChange,
    change_of,
    consent_to_all,
    day_number,
    day_of,
    latest_by_purpose,
)
from model.profile.consent_terms import FIRST_TERMS, PURPOSES, ConsentTerms

CONSENT: tuple[Kind, ...] = ("CONSENT_GIVEN", "CONSENT_WITHDRAWN")
#: The recipient whose consent a decision needs; the Post is another.
BANK: Final = "bank"
_PAGE = 5_000


def is_consent_in_force(
    entries: Sequence[Entry], profile: Profile | None, edition: Edition, terms: ConsentTerms
) -> bool:
    """Return whether a person's consent is in force by the ledger and the edition together."""
    latest = current_consent(entries, profile, edition, terms)
    return latest is not None and latest.is_given


def current_consent(
    entries: Sequence[Entry], profile: Profile | None, edition: Edition, terms: ConsentTerms
) -> ConsentChange | None:
    """Return the state of consent by ledger and edition; None if there is no record."""
    return consent_to_all(purposes_now(entries, profile, edition, terms), terms.purposes)


def purposes_now(
    entries: Sequence[Entry], profile: Profile | None, edition: Edition, terms: ConsentTerms
) -> dict[str, ConsentChange]:
    """Return the latest change by purpose in ledger and edition."""
    return latest_by_purpose(
        consent_in_ledger(entries, terms.recipients), consent_in_edition(profile, edition, terms)
    )


def consent_in_ledger(
    entries: Sequence[Entry], recipients: Sequence[str]
) -> dict[str, ConsentChange]:
    """Return the latest change by purpose among a person's entries, given to one of `recipients`.

    An entry of an earlier release names neither purposes nor recipient: it was the bank's form for
    both purposes of a decision.
    """
    found: dict[str, ConsentChange] = {}
    for entry in entries:
        if entry.kind in CONSENT and entry.body.get("recipient", BANK) in recipients:
            change = ConsentChange(entry.kind == "CONSENT_GIVEN", date_in_china(entry.recorded_at))
            found |= dict.fromkeys(entry.body.get("purposes", FIRST_TERMS.purposes), change)
    return found


def consent_givers(entries: Sequence[Entry], terms: ConsentTerms | None = None) -> set[str]:
    """Return who recorded what the consent in force rests on, purpose by purpose.

    Consent to one purpose outlives the withdrawal of another, and a form that repeats it does not
    replace whoever recorded it first.

    Parameters
    ----------
    terms
        What a decision asks of consents; None counts every purpose and recipient.
    """
    givers: dict[str, set[str]] = {}
    for entry in entries:
        recipient = entry.body.get("recipient", BANK)
        if entry.kind not in CONSENT or (terms and recipient not in terms.recipients):
            continue
        for purpose in entry.body.get("purposes", FIRST_TERMS.purposes):
            if entry.kind == "CONSENT_WITHDRAWN":
                givers.pop(purpose, None)
            elif terms is None or purpose in terms.purposes:
                givers.setdefault(purpose, set()).add(entry.actor)
    return set().union(*givers.values())


def consent_in_edition(
    profile: Profile | None, edition: Edition, terms: ConsentTerms
) -> dict[str, ConsentChange]:
    """Return the latest change by purpose in the edition; empty without a record or profile.

    An edition of a release that did not store the days by purpose has one day for all of them. One
    that stored no day may include records up to the day before its own, so they count as of that
    day.
    """
    if profile is None:
        return {}
    numbers = dict(zip(edition.numbers, profile.numbers.tolist(), strict=True))
    if all(name in numbers for days in PURPOSE_DAYS.values() for name in days):
        found = {
            each: change_of(*(numbers[n] for n in days)) for each, days in PURPOSE_DAYS.items()
        }
        return {each: change for each, change in found.items() if change is not None}
    on = day_number(edition.manifest.day - timedelta(days=1))
    number = numbers.get(CONSENT_ON, on)
    if np.isnan(number):
        return {}
    change = ConsentChange(numbers[CONSENT_IN_FORCE] == 1.0, day_of(number))
    return dict.fromkeys(terms.purposes, change)


def with_consent(profile: Profile, edition: Edition, is_in_force: bool) -> Profile:
    """Return `profile` with its attribute of consent set to `is_in_force`."""
    numbers = profile.numbers.copy()
    numbers[edition.numbers.index(CONSENT_IN_FORCE)] = float(is_in_force)
    return replace(profile, numbers=numbers)


def consents_before(
    location: Location,
    day: date,
    terms: ConsentTerms,
    members: Callable[[], Collection[str]] = tuple,
) -> dict[str, dict[str, ConsentChange]]:
    """Return each member's latest change by purpose before `day`; empty without a ledger.

    The entries of erased persons identify nobody. Their erasure is a withdrawal of all consent.

    Parameters
    ----------
    members
        Returns the member ids of the archive, among which erased persons are sought.

    Raises
    ------
    LedgerError
        If there is a ledger and it cannot be read: withdrawals would be missed.
    """
    if not ledger_exists(location):
        return {}
    with open_view(location) as view:
        by_subject = _latest_by_subject(view, day, terms)
        named = {subject: view.member_of(subject) for subject in by_subject}
        gone = erasures(view, members)
    found = {member: by_subject[subject] for subject, member in named.items() if member is not None}
    for member, on in gone.items():
        if on < day:
            withdrawn = dict.fromkeys(PURPOSES, ConsentChange(is_given=False, on=on))
            found[member] = withdrawn | found.get(member, {})
    return found


def _latest_by_subject(
    view: View, day: date, terms: ConsentTerms
) -> dict[str, dict[str, ConsentChange]]:
    latest: dict[str, dict[str, ConsentChange]] = {}
    for entry in _consent_entries(view):
        if date_in_china(entry.recorded_at) < day:
            changes = consent_in_ledger([entry], terms.recipients)
            latest[entry.subject_id] = latest.get(entry.subject_id, {}) | changes
    return {subject: changes for subject, changes in latest.items() if changes}


def _consent_entries(view: View) -> Iterator[Entry]:
    page = view.entries_where(CONSENT, limit=_PAGE)
    while page:
        yield from page
        page = view.entries_where(CONSENT, after=page[-1].seq, limit=_PAGE)
