"""What a decision asks of consents: for which purposes, and given to whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

#: Purposes and recipients of the table ``consents``. `UNSTATED` is the recipient of older records,
#: among them the consent columns of a members file.
PURPOSES = ("personal_information", "credit_bureau", "data_sharing")
UNSTATED = "unstated"
RECIPIENTS = ("post", "bank", UNSTATED)
GIVEN, WITHDRAWN = CHANGES = ("given_on", "withdrawn_on")


def day_name(purpose: str, change: str) -> str:
    """Return the column that holds the last day of `change` of consent to `purpose`."""
    return f"{purpose}_{change}"


@dataclass(frozen=True)
class ConsentTerms:
    """What a policy asks of consents.

    Attributes
    ----------
    purposes : tuple of str
        Each must be consented to.
    recipients : tuple of str
        A consent given to one of them counts: each recipient needs its own (PIPL art. 23).
    """

    purposes: tuple[str, ...]
    recipients: tuple[str, ...]


#: Terms of a policy that does not state any.
FIRST_TERMS = ConsentTerms(("personal_information", "credit_bureau"), ("bank", UNSTATED))
#: Terms by the day from which they hold, oldest first; the first hold before all others.
DatedTerms = Sequence[tuple[date, ConsentTerms]]
ALWAYS_FIRST: DatedTerms = ((date.min, FIRST_TERMS),)
