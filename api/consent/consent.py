"""Consent in force: the ledger's words and the archive's, folded by `model.decision.consent`.

One fold serves the decision, the payment, the counter's own questions and the batch.

The ledger's words on consent as the batch needs them: by member, up to a day.
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
from api.ledger.store import holds_entries, reading
from model.decision.consent import (
    CONSENT_IN_FORCE,
    CONSENT_ON,
    ConsentChange,
    day_of,
    latest_consent,
)

CONSENT: tuple[Kind, ...] = ("CONSENT_GIVEN", "CONSENT_WITHDRAWN")


def ledger_word(entries: Sequence[Entry]) -> ConsentChange | None:
    """Return the ledger's last word among a person's entries; None where it holds none."""
    words = [entry for entry in entries if entry.kind in CONSENT]
    if not words:
        return None
    return ConsentChange(words[-1].kind == "CONSENT_GIVEN", date_in_china(words[-1].recorded_at))


def edition_word(profile: Profile | None, edition: Edition) -> ConsentChange | None:
    """Return the last word that the edition knows of; None where nobody ever said one.

    Of who is not in it (no profile) it knows none.

    An edition made before days were kept may know of one as late as the day before its own.
    """
    if profile is None:
        return None
    is_given = bool(profile.numbers[edition.numbers.index(CONSENT_IN_FORCE)] == 1.0)
    if CONSENT_ON not in edition.numbers:
        return ConsentChange(is_given, edition.manifest.day - timedelta(days=1))
    number = profile.numbers[edition.numbers.index(CONSENT_ON)]
    return None if np.isnan(number) else ConsentChange(is_given, day_of(number))


def consent_in_force(entries: Sequence[Entry], profile: Profile | None, edition: Edition) -> bool:
    """Return whether a person's consent is in force by all that ledger and edition know."""
    word = word_in_force(entries, profile, edition)
    return word is not None and word.is_given


def word_in_force(
    entries: Sequence[Entry], profile: Profile | None, edition: Edition
) -> ConsentChange | None:
    """Return the last word, whoever wrote it down; None where nobody ever said one."""
    return latest_consent(ledger_word(entries), edition_word(profile, edition))


def with_consent(profile: Profile, edition: Edition, is_in_force: bool) -> Profile:
    """Return the profile as it is scored: with consent as it stands now."""
    numbers = profile.numbers.copy()
    numbers[edition.numbers.index(CONSENT_IN_FORCE)] = float(is_in_force)
    return replace(profile, numbers=numbers)


_PAGE = 5_000


def words_before(location: Location, day: date) -> dict[str, ConsentChange]:
    """Return each member's last word in the ledger before `day`; none where there is no ledger.

    Who was erased is left out: nobody is there whom it could speak of.

    Raises
    ------
    LedgerError
        If there is a ledger and it cannot be read: then nobody knows who withdrew consent.
    """
    if not holds_entries(location):
        return {}
    found: dict[str, ConsentChange] = {}
    with reading(location) as view:
        last = _last_words(view, day)
        for subject, word in last.items():
            member = view.member_of(subject)
            if member is not None:
                found[member] = word
    return found


def _last_words(view: View, day: date) -> dict[str, ConsentChange]:
    last: dict[str, ConsentChange] = {}
    for entry in _words(view):
        word = ledger_word([entry])
        if word is not None and word.on < day:
            last[entry.subject_id] = word
    return last


def _words(view: View) -> Iterator[Entry]:
    page = view.entries_where(CONSENT, most=_PAGE)
    while page:
        yield from page
        page = view.entries_where(CONSENT, after=page[-1].seq, most=_PAGE)
