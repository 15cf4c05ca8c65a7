"""Which consent holds: the latest of the changes that the archive and the counter recorded.

Consent is given or withdrawn in a branch file or at the counter, and neither source outranks the
other. The change with the later day holds; on the same day the withdrawal holds. So an older
consent never overrides a withdrawal, whichever source recorded it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

#: Column of an edition: the day of the latest change of consent; see `day_number`.
CONSENT_ON = "consent_on"
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


def day_number(day: date) -> float:
    """Return the days from 1970-01-01 to `day`."""
    return float((day - _EPOCH).days)


def day_of(number: float) -> date:
    """Return the day of which `number` is the `day_number`."""
    return date.fromordinal(_EPOCH.toordinal() + int(number))
