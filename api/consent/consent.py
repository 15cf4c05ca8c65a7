"""Consent in force: the later of the records in the ledger and in the archive decides.

The decision, the payment, the routes of consent and the batch all use this one rule; see
`model.decision.consent`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from api.core.calendar import date_in_china
from api.editions.edition import Edition, Profile
from api.ledger.commands import View
from api.ledger.database import Location
from api.ledger.entries import Entry, Kind
from api.ledger.store import ledger_exists, open_view
from model.decision.consent import (
    CONSENT_IN_FORCE,
    CONSENT_ON,
    ConsentChange,
    day_of,
    latest_consent,
)

CONSENT: tuple[Kind, ...] = ("CONSENT_GIVEN", "CONSENT_WITHDRAWN")
_PAGE = 5_000


def is_consent_in_force(
    entries: Sequence[Entry], profile: Profile | None, edition: Edition
) -> bool:
    """Return whether a person's consent is in force by the ledger and the edition together."""
    latest = current_consent(entries, profile, edition)
    return latest is not None and latest.is_given


def current_consent(
    entries: Sequence[Entry], profile: Profile | None, edition: Edition
) -> ConsentChange | None:
    """Return the latest record of consent in ledger and edition; None if there is none."""
    return latest_consent(consent_in_ledger(entries), consent_in_edition(profile, edition))


def consent_in_ledger(entries: Sequence[Entry]) -> ConsentChange | None:
    """Return the latest record of consent among a person's entries; None if there is none."""
    records = [entry for entry in entries if entry.kind in CONSENT]
    if not records:
        return None
    return ConsentChange(
        records[-1].kind == "CONSENT_GIVEN", date_in_china(records[-1].recorded_at)
    )


def consent_in_edition(profile: Profile | None, edition: Edition) -> ConsentChange | None:
    """Return the latest record of consent in the edition; None if there is none, or no profile.

    An edition of a release that did not store the day may include records up to the day before its
    own, so the record counts as of that day.
    """
    if profile is None:
        return None
    is_given = bool(profile.numbers[edition.numbers.index(CONSENT_IN_FORCE)] == 1.0)
    if CONSENT_ON not in edition.numbers:
        return ConsentChange(is_given, edition.manifest.day - timedelta(days=1))
    number = profile.numbers[edition.numbers.index(CONSENT_ON)]
    return None if np.isnan(number) else ConsentChange(is_given, day_of(number))


def with_consent(profile: Profile, edition: Edition, is_in_force: bool) -> Profile:
    """Return `profile` with its attribute of consent set to `is_in_force`."""
    numbers = profile.numbers.copy()
    numbers[edition.numbers.index(CONSENT_IN_FORCE)] = float(is_in_force)
    return replace(profile, numbers=numbers)


def consents_before(location: Location, day: date) -> dict[str, ConsentChange]:
    """Return each member's latest record in the ledger before `day`; empty without a ledger.

    Erased persons are left out, because their entries identify nobody.

    Raises
    ------
    LedgerError
        If there is a ledger and it cannot be read: withdrawals would be missed.
    """
    if not ledger_exists(location):
        return {}
    with open_view(location) as view:
        by_subject = _latest_by_subject(view, day)
        members = {subject: view.member_of(subject) for subject in by_subject}
    return {
        member: by_subject[subject] for subject, member in members.items() if member is not None
    }


def _latest_by_subject(view: View, day: date) -> dict[str, ConsentChange]:
    latest: dict[str, ConsentChange] = {}
    for entry in _consent_entries(view):
        record = consent_in_ledger([entry])
        if record is not None and record.on < day:
            latest[entry.subject_id] = record
    return latest


def _consent_entries(view: View) -> Iterator[Entry]:
    page = view.entries_where(CONSENT, limit=_PAGE)
    while page:
        yield from page
        page = view.entries_where(CONSENT, after=page[-1].seq, limit=_PAGE)
