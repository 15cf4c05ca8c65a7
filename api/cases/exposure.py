"""Exposure: what may be lent or is lent to a member, the household and other groups.

Four eyes look at the household's exposure. An amount below their limit on one decision, and again
on the next, or for another member of the household, is one large loan in parts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from api.cases.state import DecisionState, running_draws, states_of
from api.core.calendar import date_in_china
from api.editions.edition import Edition
from api.editions.in_use import Resources
from api.ledger.commands import View
from model.policy.entries import CAPPED_GROUPS

HOUSEHOLD, RELATED, COOPERATIVE, VILLAGE = CAPPED_GROUPS


def exposure_with(view: View, state: DecisionState, amount_yuan: int, edition: Edition) -> int:
    """Return the exposure to a household, in yuan, if `amount_yuan` is approved on `state`."""
    # More may be out on the decision itself than it now gets.
    total = max(out_yuan(state, view.now) - amount_yuan, 0)
    for subject, states in _by_member(view, state.subject_id, edition).items():
        others = [each for each in states if each.decision_id != state.decision_id]
        new = amount_yuan if subject == state.subject_id else 0
        total += _exposure(others, new, view.now)
    return total


def caps_exceeded(
    view: View, member_id: str, new_yuan: int, resources: Resources, but: str = ""
) -> tuple[str, ...]:
    """Return the capped groups of a member that `new_yuan` more exceed, beside all that is out.

    Where the ledger knows nobody else of a group, the member's own limit binds.

    Parameters
    ----------
    but
        A decision that does not count, because `new_yuan` is what it comes to.
    """

    def is_beyond(kind: str, cap: int) -> bool:
        groups = groups_of(resources.edition, member_id, kind)
        totals = (exposure_of_group(view, member_id, each, new_yuan, but) for each in groups)
        return any(total is not None and total > cap for total in totals)

    caps = resources.policy.exposure_caps_yuan
    return tuple(kind for kind, cap in caps.items() if is_beyond(kind, cap))


def groups_of(edition: Edition, member_id: str, kind: str) -> Iterator[Collection[str]]:
    """Yield the other members of each of a member's groups of a kind."""
    if kind == HOUSEHOLD:
        yield edition.household_of(member_id)
    elif kind == RELATED:
        yield edition.related_to(member_id)
    elif kind == VILLAGE:
        yield edition.neighbours_of(member_id)
    elif kind == COOPERATIVE:
        for cooperative in edition.cooperatives_of(member_id):
            yield edition.members_of_cooperative(cooperative)


def exposure_of_group(
    view: View, member_id: str, others: Collection[str], new_yuan: int, but: str = ""
) -> int | None:
    """Return the exposure to a member and `others`, in yuan, with `new_yuan` for the member.

    None where the ledger knows none of the others.
    """
    known = view.identities.known({member_id, *others})
    if not known.keys() - {member_id}:
        return None
    entries = view.entries_of_subjects(set(known.values()), ())
    total = 0 if member_id in known else new_yuan
    for member, subject in known.items():
        states = [s for s in states_of(entries.get(subject, [])) if s.decision_id != but]
        total += _exposure(states, new_yuan if member == member_id else 0, view.now)
    return total


def out_yuan(state: DecisionState, now: datetime) -> int:
    """Return what is paid on a decision and outstanding, in yuan."""
    return sum(draw.outstanding_yuan for draw in running_draws(state, date_in_china(now)))


def _exposure(states: Sequence[DecisionState], new: int, now: datetime) -> int:
    """Return the exposure to one member: what is in force with `new`, and the loans that run.

    All decisions in force of a member share their limits: together they never pay more than the
    highest of them.
    """
    in_force = [each for each in states if each.is_drawable(now)]
    ceilings = [max(each.limit_yuan, each.approved_yuan) for each in in_force]
    approved = new + sum(each.approved_yuan for each in in_force)
    shared = min(approved, max([new, *ceilings]))
    return shared + sum(out_yuan(each, now) for each in states if each not in in_force)


def _by_member(view: View, subject_id: str, edition: Edition) -> dict[str, list[DecisionState]]:
    """Return the decisions on each member of the household, by pseudonym."""
    member_id = view.member_of(subject_id)
    household = edition.household_of(member_id) if member_id else ()
    subjects = {subject_id, *view.identities.known(household).values()}
    entries = view.entries_of_subjects(subjects, ())
    return {subject: states_of(entries.get(subject, [])) for subject in subjects}
