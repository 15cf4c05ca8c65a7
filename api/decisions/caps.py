"""Caps of exposure at the decision: an approval beyond one is referred.

The profile of an edition does not know today's ledger. What is out to a group is read from the
state of its cases, in a room above this one, so the application hands the question in. The member
hears the words of any matter of the household, or of any group, and not who of it borrowed what.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from api.editions.in_use import Resources
from api.ledger.commands import View
from model.decision.decision import Decision, KnockOut

#: The capped groups of a member that a new amount in yuan exceeds, with all that is out now.
CapsExceeded = Callable[[View, str, int, Resources], Collection[str]]
HOUSEHOLD = "household"
#: Fields of an entry: the answer was beyond the household's cap, or those of the groups named. They
#: hold no amount, which would be of others.
BEYOND_CAP, BEYOND_GROUP_CAPS = "beyond_household_cap", "beyond_group_caps"
_MATTER = KnockOut(
    "HOUSEHOLD_MATTER",
    "户内有事项需由工作人员核实",
    "a matter of the household must be looked at by a person",
)
_GROUP = KnockOut(
    "EXPOSURE_CAP",
    "超过集中度上限，需由工作人员核实",
    "a cap on lending to people who belong together is reached, so a person looks at it",
)


def capped(decision: Decision, exceeded: Collection[str]) -> Decision:
    """Return `decision`, referred if it approved beyond the caps of the groups `exceeded`."""
    if not exceeded or decision.outcome != "APPROVE":
        return decision
    told = [_MATTER] if HOUSEHOLD in exceeded else []
    told += [_GROUP] if set(exceeded) - {HOUSEHOLD} else []
    return replace(decision, outcome="REFER", knock_outs=(*decision.knock_outs, *told))


def stored_caps(exceeded: Collection[str]) -> dict[str, Any]:
    """Return the fields of an entry that say which caps the answer exceeded."""
    groups = sorted(set(exceeded) - {HOUSEHOLD})
    household = {BEYOND_CAP: True} if HOUSEHOLD in exceeded else {}
    return household | ({BEYOND_GROUP_CAPS: groups} if groups else {})


def caps_stored_in(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the groups whose caps the answer in an entry's `body` exceeded."""
    household = (HOUSEHOLD,) if body.get(BEYOND_CAP) else ()
    return (*household, *body.get(BEYOND_GROUP_CAPS, ()))
