"""What the age of an edition does to a decision made on it.

An old edition does not know who fell into arrears since. Beyond the policy's age a person decides
what the service would approve; beyond a greater age nothing is decided (`edition-stale`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from api.editions.in_use import Age, Service
from api.http.problem_kinds import EDITION_STALE
from api.http.problems import ProblemError
from model.decision.decision import Decision, KnockOut

STALE = KnockOut(
    "EDITION_STALE",
    "名单数据已过期，需由工作人员核实后答复",
    "the data of the whitelist are out of date, so a person verifies and answers",
)


def usable_age(service: Service) -> Age:
    """Return the age of the edition in use.

    Raises
    ------
    ProblemError
        If it is so old that nothing may be decided or paid on it, or there is no edition.
    """
    age = service.edition_age()
    if age.freshness == "refused":
        raise ProblemError(EDITION_STALE)
    return age


def stored_age(age: Age | None) -> dict[str, Any] | None:
    """Return what an entry says of an age that binds its answer; None for an age that does not."""
    if age is None or age.freshness == "fresh":
        return None
    return {"days": age.days, "longest_days": age.longest_days}


def aged(decision: Decision, stored: dict[str, Any] | None) -> Decision:
    """Return `decision` as the age in its entry binds it: an approval is referred to a person."""
    if stored is None or decision.outcome == "DECLINE":
        return decision
    return replace(decision, outcome="REFER", knock_outs=(*decision.knock_outs, STALE))
