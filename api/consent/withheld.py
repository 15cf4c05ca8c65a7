"""Of whom no value is shown although the edition holds it: who withdrew consent since.

An edition knows what the archive knew before its day; the ledger knows what was said at the counter
since.
"""

from __future__ import annotations

from collections.abc import Collection

from api.consent.consent import CONSENT, is_consent_in_force
from api.editions.in_use import Resources
from api.ledger.commands import View


def withheld(view: View, resources: Resources, member_ids: Collection[str]) -> frozenset[str]:
    """Return whose consent the ledger knows not to be in force, in two queries for all of them."""
    edition, terms = resources.edition, resources.policy.consent_terms
    known = view.identities.known(member_ids)
    said = view.entries_of_subjects(set(known.values()), CONSENT)
    return frozenset(
        member_id
        for member_id, subject in known.items()
        if said.get(subject)
        and not is_consent_in_force(said[subject], edition.profile(member_id), edition, terms)
    )
