"""Caps of exposure at the decision: an approval beyond one is referred.

The profile of an edition does not know today's ledger. What is out to a household is read from the
state of its cases, in a room above this one, so the application hands the question in. The member
hears the words of any matter of the household, and not who of it borrowed what.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from api.editions.in_use import Resources
from api.ledger.commands import View
from model.decision.decision import Decision, KnockOut

#: Whether a new amount in yuan for a member is beyond a cap, with all that is out now.
IsBeyondCap = Callable[[View, str, int, Resources], bool]
#: Field of an entry: the answer was beyond a cap. It holds no amount, which would be of others.
BEYOND_CAP = "beyond_household_cap"
_MATTER = KnockOut(
    "HOUSEHOLD_MATTER",
    "户内有事项需由工作人员核实",
    "a matter of the household must be looked at by a person",
)


def capped(decision: Decision, is_beyond: bool) -> Decision:
    """Return `decision`, referred if it approved beyond a cap."""
    if not is_beyond or decision.outcome != "APPROVE":
        return decision
    return replace(decision, outcome="REFER", knock_outs=(*decision.knock_outs, _MATTER))
