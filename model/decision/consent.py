"""Which consent holds: the latest of the changes that the archive and the counter recorded.

Consent is given or withdrawn in a branch file or at the counter, and neither source outranks the
other. The change with the later day holds; on the same day the withdrawal holds. So an older
consent never overrides a withdrawal, whichever source recorded it. Each purpose is given and
withdrawn by itself, and a decision needs all that policy asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isnan

from model.profile.consent_terms import GIVEN, PURPOSES, WITHDRAWN, day_name

#: Column of an edition: the day of the latest change of consent; see `day_number`.
CONSENT_ON = "consent_on"
#: Columns of an edition: the last days on which consent to each purpose was given and withdrawn.
PURPOSE_DAYS: Mapping[str, tuple[str, str]] = {
    purpose: (day_name(purpose, GIVEN), day_name(purpose, WITHDRAWN)) for purpose in PURPOSES
}
#: The attribute of the profile that knock-outs read.
CONSENT_IN_FORCE = "consent_in_force"

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class ConsentChange:
    """Consent given or withdrawn, on a day in China."""

    is_given: bool
    on: date


def latest_consent(*changes: ConsentChange | None) -> ConsentChange | None:
    """Return the change that holds; None if there is none."""
    known = (change for change in changes if change is not None)
    return max(known, key=lambda change: (change.on, not change.is_given), default=None)


def latest_by_purpose(
    *records: Mapping[str, ConsentChange],
) -> dict[str, ConsentChange]:
    """Return the change that holds of each purpose that any of `records` knows."""
    purposes = dict.fromkeys(purpose for record in records for purpose in record)
    found = {each: latest_consent(*(record.get(each) for record in records)) for each in purposes}
    return {purpose: change for purpose, change in found.items() if change is not None}


def consent_to_all(
    changes: Mapping[str, ConsentChange], purposes: Sequence[str]
) -> ConsentChange | None:
    """Return whether consent holds to all `purposes`, and since when; None if nothing is known.

    A purpose without any change is not consented to. The day is that of the latest change to the
    present state.
    """
    known = [changes[each] for each in purposes if each in changes]
    if not known:
        return None
    is_given = len(known) == len(purposes) and all(change.is_given for change in known)
    same = [change.on for change in known if change.is_given == is_given]
    return ConsentChange(is_given, max(same or [change.on for change in known]))


def change_of(given: float, withdrawn: float) -> ConsentChange | None:
    """Return the change that holds of the `day_number` of each; NaN for none."""
    return latest_consent(
        *(
            None if isnan(day) else ConsentChange(is_given, day_of(day))
            for is_given, day in ((True, given), (False, withdrawn))
        )
    )


def day_number(day: date) -> float:
    """Return the days from 1970-01-01 to `day`."""
    return float((day - _EPOCH).days)


def day_of(number: float) -> date:
    """Return the day of which `number` is the `day_number`."""
    return date.fromordinal(_EPOCH.toordinal() + int(number))
