"""Exposure: what may be lent or is lent to a member and the household, over all decisions.

Four eyes look at exposure. An amount below their limit on one decision, and again on the next, or
for another member of the household, is one large loan in parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from api.cases.state import DecisionState, running_draws, states_of
from api.core.calendar import date_in_china
from api.editions.edition import Edition
from api.editions.in_use import Resources
from api.ledger.commands import View

#: Name of the household's cap in the policy.
_HOUSEHOLD = "household"


def exposure_with(view: View, state: DecisionState, amount_yuan: int, edition: Edition) -> int:
    """Return the exposure to a household, in yuan, if `amount_yuan` is approved on `state`."""
    # More may be out on the decision itself than it now gets.
    total = max(_drawn(state, view.now) - amount_yuan, 0)
    for subject, states in _by_member(view, state.subject_id, edition).items():
        others = [each for each in states if each.decision_id != state.decision_id]
        new = amount_yuan if subject == state.subject_id else 0
        total += _exposure(others, new, view.now)
    return total


def exposure_of_household(
    view: View, member_id: str, new_yuan: int, edition: Edition, but: str = ""
) -> int:
    """Return the exposure to a member's household, in yuan, with `new_yuan` for the member.

    Parameters
    ----------
    but
        A decision that does not count, because `new_yuan` is what it comes to.
    """
    known = view.identities.known({member_id, *edition.household_of(member_id)})
    entries = view.entries_of_subjects(set(known.values()), ()) if known else {}
    total = 0 if member_id in known else new_yuan
    for member, subject in known.items():
        states = [s for s in states_of(entries.get(subject, [])) if s.decision_id != but]
        total += _exposure(states, new_yuan if member == member_id else 0, view.now)
    return total


def is_beyond_cap(
    view: View, member_id: str, new_yuan: int, resources: Resources, but: str = ""
) -> bool:
    """Return whether `new_yuan` more, beside all that is out, exceed the household's cap.

    Where the ledger knows no other member of the household, the member's own limit binds.
    """
    cap = resources.policy.exposure_caps_yuan.get(_HOUSEHOLD)
    if cap is None or not view.identities.known(resources.edition.household_of(member_id)):
        return False
    return exposure_of_household(view, member_id, new_yuan, resources.edition, but) > cap


def _exposure(states: Sequence[DecisionState], new: int, now: datetime) -> int:
    """Return the exposure to one member: what is in force with `new`, and the loans that run.

    All decisions in force of a member share their limits: together they never pay more than the
    highest of them.
    """
    in_force = [each for each in states if each.is_drawable(now)]
    ceilings = [max(each.limit_yuan, each.approved_yuan) for each in in_force]
    approved = new + sum(each.approved_yuan for each in in_force)
    shared = min(approved, max([new, *ceilings]))
    return shared + sum(_drawn(each, now) for each in states if each not in in_force)


def _drawn(state: DecisionState, now: datetime) -> int:
    return sum(draw.amount_yuan for draw in running_draws(state, date_in_china(now)))


def _by_member(view: View, subject_id: str, edition: Edition) -> dict[str, list[DecisionState]]:
    """Return the decisions on each member of the household, by pseudonym."""
    member_id = view.member_of(subject_id)
    household = edition.household_of(member_id) if member_id else ()
    subjects = {subject_id, *view.identities.known(household).values()}
    entries = view.entries_of_subjects(subjects, ())
    return {subject: states_of(entries.get(subject, [])) for subject in subjects}
