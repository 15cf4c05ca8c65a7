"""Consent as the ledger knows it: given and withdrawn, the last word counts."""

from __future__ import annotations

from collections.abc import Sequence

from api.ledger.entries import Entry, Kind

CONSENT: tuple[Kind, ...] = ("CONSENT_GIVEN", "CONSENT_WITHDRAWN")


def consent_in_force(entries: Sequence[Entry]) -> bool | None:
    """Return whether a person's consent is in force by the ledger.

    None where the ledger holds no word of it: then the archive's record counts. Once it does, the
    ledger is the book of consent, because a withdrawal must hold whatever a later file says.
    """
    words = [entry for entry in entries if entry.kind in CONSENT]
    return words[-1].kind == "CONSENT_GIVEN" if words else None
