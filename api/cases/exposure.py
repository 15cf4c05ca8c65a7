"""Exposure: what may be lent or is lent to a member, the household and other groups.

Four eyes look at the household's exposure. An amount below their limit on one decision, and again
on the next, or for another member of the household, is one large loan in parts. Where the bank's
books and the ledger differ, the larger figure counts until a person settles it (`api.cases.bank`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from api.cases.bank import loans_without_payment, yuan_without_payment
from api.cases.state import DecisionState, running_draws, states_of
from api.core.calendar import date_in_china
from api.editions.edition import Edition
from api.editions.in_use import Resources
from api.ledger.commands import View
from api.ledger.entries import Entry, Kind
from model.policy.controls import Controls
from model.policy.entries import CAPPED_GROUPS

HOUSEHOLD, RELATED, COOPERATIVE, VILLAGE = CAPPED_GROUPS
_PAID: tuple[Kind, ...] = ("DISBURSED", "DISBURSEMENT_PROPOSED")


def exposure_with(view: View, state: DecisionState, amount_yuan: int, edition: Edition) -> int:
    """Return the exposure to a household, in yuan, if `amount_yuan` is approved on `state`."""
    # More may be out on the decision itself than it now gets.
    total = max(out_yuan(state, view.now) - amount_yuan, 0)
    for subject, entries in _by_member(view, state.subject_id, edition).items():
        new = amount_yuan if subject == state.subject_id else 0
        total += _exposure(entries, new, view.now, state.decision_id)
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

    None where the ledger knows none of the others, and of the member no loan of the bank that it
    did not pay out.
    """
    known = view.identities.known({member_id, *others})
    entries = view.entries_of_subjects(set(known.values()), ())
    if not known.keys() - {member_id}:
        own = entries.get(known.get(member_id, ""), [])
        if not loans_without_payment(own):
            return None
    total = 0 if member_id in known else new_yuan
    for member, subject in known.items():
        new = new_yuan if member == member_id else 0
        total += _exposure(entries.get(subject, []), new, view.now, but)
    return total


def out_yuan(state: DecisionState, now: datetime) -> int:
    """Return what is paid on a decision and counts as out, in yuan."""
    return sum(draw.exposure_yuan for draw in running_draws(state, date_in_china(now)))


def other_decisions(view: View, state: DecisionState) -> list[DecisionState]:
    """Return the member's other decisions on which money was paid out or proposed to be."""
    paid = view.entries_of_subject(state.subject_id, _PAID)
    on = {entry.decision_id for entry in paid if entry.decision_id} - {state.decision_id}
    return [DecisionState.of(entries) for entries in view.entries_of_decisions(on).values()]


def payable_alone_yuan(view: View, state: DecisionState, controls: Controls) -> int:
    """Return the largest payment that needs no second person.

    What is out to the member, on all decisions together, counts against
    ``two_people_pay_above_yuan``.
    """
    elsewhere = sum(out_yuan(each, view.now) for each in other_decisions(view, state))
    return max(controls.two_people_pay_above_yuan - elsewhere - state.used_yuan, 0)


def _exposure(entries: Sequence[Entry], new: int, now: datetime, but: str) -> int:
    """Return the exposure to one member: what is in force with `new`, and the loans that run.

    All decisions in force of a member share their limits: together they never pay more than the
    highest of them, but the bank may have more out.

    Parameters
    ----------
    entries
        Those of the member.
    but
        A decision that does not count.
    """
    states = [each for each in states_of(entries) if each.decision_id != but]
    in_force = [each for each in states if each.is_drawable(now)]
    ceilings = [max(each.limit_yuan, each.approved_yuan) for each in in_force]
    committed = new + sum(each.committed_yuan for each in in_force)
    out = sum(each.exposure_yuan for each in in_force)
    shared = max(min(committed, max([new, *ceilings])), out)
    running = sum(out_yuan(each, now) for each in states if each not in in_force)
    return shared + running + yuan_without_payment(entries)


def _by_member(view: View, subject_id: str, edition: Edition) -> dict[str, list[Entry]]:
    """Return the entries on each member of the household, by pseudonym."""
    member_id = view.member_of(subject_id)
    household = edition.household_of(member_id) if member_id else ()
    subjects = {subject_id, *view.identities.known(household).values()}
    entries = view.entries_of_subjects(subjects, ())
    return {subject: entries.get(subject, []) for subject in subjects}
