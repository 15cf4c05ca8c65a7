"""Consent in force: the ledger's words and the archive's, folded by `model.consent`.

One fold serves the decision, the payment, the counter's own questions and the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from api.china_time import date_in_china
from api.edition import Edition, Profile
from api.ledger.entries import Entry, Kind
from model.consent import CONSENT_IN_FORCE, CONSENT_ON, Word, day_of, last_word

CONSENT: tuple[Kind, ...] = ("CONSENT_GIVEN", "CONSENT_WITHDRAWN")


def ledger_word(entries: Sequence[Entry]) -> Word | None:
    """Return the ledger's last word among a person's entries; None where it holds none."""
    words = [entry for entry in entries if entry.kind in CONSENT]
    if not words:
        return None
    return Word(words[-1].kind == "CONSENT_GIVEN", date_in_china(words[-1].recorded_at))


def edition_word(profile: Profile | None, edition: Edition) -> Word | None:
    """Return the last word that the edition knows of; None where nobody ever said one.

    Of who is not in it (no profile) it knows none.

    An edition made before days were kept may know of one as late as the day before its own.
    """
    if profile is None:
        return None
    is_given = bool(profile.numbers[edition.numbers.index(CONSENT_IN_FORCE)] == 1.0)
    if CONSENT_ON not in edition.numbers:
        return Word(is_given, edition.manifest.day - timedelta(days=1))
    number = profile.numbers[edition.numbers.index(CONSENT_ON)]
    return None if np.isnan(number) else Word(is_given, day_of(number))


def consent_in_force(entries: Sequence[Entry], profile: Profile | None, edition: Edition) -> bool:
    """Return whether a person's consent is in force by all that ledger and edition know."""
    word = word_in_force(entries, profile, edition)
    return word is not None and word.is_given


def word_in_force(
    entries: Sequence[Entry], profile: Profile | None, edition: Edition
) -> Word | None:
    """Return the last word, whoever wrote it down; None where nobody ever said one."""
    return last_word(ledger_word(entries), edition_word(profile, edition))


def with_consent(profile: Profile, edition: Edition, is_in_force: bool) -> Profile:
    """Return the profile as it is scored: with consent as it stands now."""
    numbers = profile.numbers.copy()
    numbers[edition.numbers.index(CONSENT_IN_FORCE)] = float(is_in_force)
    return replace(profile, numbers=numbers)
