"""Whose word on consent holds: what the archive and the counter say, each with its day.

Consent is given or withdrawn in a branch file or at the counter. Neither book stands above the
other: the later day's word holds, and of one day the withdrawal, so that no withdrawal is ever
overridden by an older consent, from whichever side it came.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

#: The day of the last word, kept in an edition beside a member's numbers; see `day_number`.
CONSENT_ON = "consent_on"
#: The attribute of the profile that knock-outs read.
CONSENT_IN_FORCE = "consent_in_force"

_FIRST_DAY = date(1970, 1, 1)


@dataclass(frozen=True)
class Word:
    """Consent given or withdrawn, on a day in China."""

    is_given: bool
    on: date


def last_word(*words: Word | None) -> Word | None:
    """Return the word that holds; None where nothing was said."""
    said = (word for word in words if word is not None)
    return max(said, key=lambda word: (word.on, not word.is_given), default=None)


def day_number(day: date) -> float:
    """Return the days from 1970-01-01 to `day`."""
    return float((day - _FIRST_DAY).days)


def day_of(number: float) -> date:
    """Return the day of which `number` is the `day_number`."""
    return date.fromordinal(_FIRST_DAY.toordinal() + int(number))
