"""Controls: what people may do and not do alone, as dated numbers read from ``controls.yaml``.

They bind people, not profiles, so no policy digest and no edition depends on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Literal, get_args

from model.errors import ContractError
from model.policy.policy_file import read_limits_file, values_in_force, whole_number
from model.policy.texts import shipped_text, text_of

_FILE = "controls.yaml"

Duty = Literal["consent", "visit", "ask", "rule", "pay", "cancel", "repay", "settle", "erase"]
DUTIES: tuple[Duty, ...] = get_args(Duty)

#: A session is never longer than a week, whatever a home adopts.
MOST_SESSION_HOURS = 7 * 24
#: Controls that a text of an earlier release lacks, and what holds without them.
_LATER: Mapping[str, Any] = {
    "second_factor_roles": frozenset(),
    "session_hours": 12,
    "session_idle_minutes": 30,
    "approver_roles": frozenset(),
    "administrators_count_days": 7,
    "settlements_summed_days": 0,
}


@dataclass(frozen=True)
class Controls:
    """The controls in force on one day.

    Attributes
    ----------
    ruling_binds_days : int
        Days for which a person's ruling limits what the service approves; 0: not at all.
    reasons_that_bind_nobody : frozenset of str
        Reason codes of declines that are no judgement of the member.
    rules_for_two : frozenset of str
        Codes of knock-outs in spite of which only two people together approve.
    duties_apart : frozenset of frozenset of Duty
        Pairs that one person may not do on one case.
    two_people_pay_above_yuan : int
        A larger payment or cancellation is proposed by one person and confirmed by another.
    settlements_summed_days : int
        Days for which what one person settled alone of a member's differences between bank and
        ledger adds up against that amount; 0: each counts by itself.
    confirmation_hours : int
        Hours until an unconfirmed proposal lapses.
    claims_in_a_row : int
        Times that one reviewer may claim a case.
    smallest_payment_yuan, most_entries_of_case : int
        Bounds on the work that one case can cause.
    persons_an_hour : int
        Persons shown to one account in an hour, beyond which an alarm is raised.
    smallest_cell : int
        Smallest count of persons shown to a caller who may not see the persons.
    second_factor_roles : frozenset of str
        Roles whose accounts sign in with a code beside the password.
    session_hours, session_idle_minutes : int
        How long a session lasts, and how long without being refreshed.
    administrators_count_days : int
        Days for which an administrator who was disabled or lost the role still counts where one may
        act alone.
    approver_roles : frozenset of str
        Roles whose accounts, everywhere, approve cards, editions and policies. While it is empty,
        an approver is a name and signs in nowhere.
    """

    ruling_binds_days: int
    reasons_that_bind_nobody: frozenset[str]
    rules_for_two: frozenset[str]
    duties_apart: frozenset[frozenset[Duty]]
    two_people_pay_above_yuan: int
    settlements_summed_days: int
    confirmation_hours: int
    claims_in_a_row: int
    smallest_payment_yuan: int
    most_entries_of_case: int
    persons_an_hour: int
    smallest_cell: int
    second_factor_roles: frozenset[str]
    session_hours: int
    session_idle_minutes: int
    approver_roles: frozenset[str]
    administrators_count_days: int

    def are_apart(self, one: Duty, other: Duty) -> bool:
        """Return whether one person may not do both duties on one case."""
        return frozenset((one, other)) in self.duties_apart


def controls_on(day: date) -> Controls:
    """Return the controls in force on `day`.

    Raises
    ------
    ContractError
        If a control has no value by that day, or an invalid one; the message names it.
    """
    return read_controls(text_of(_FILE), day)


@lru_cache(maxsize=64)
def read_controls(text: str, day: date) -> Controls:
    """Return the controls in YAML `text` in force on `day`; see `controls_on`."""
    absent = _LATER.keys() - read_limits_file(text, _FILE).keys()
    values = values_in_force(text, _FILE, day, Controls.__dataclass_fields__.keys() - absent)
    readers = {
        "reasons_that_bind_nobody": _codes,
        "rules_for_two": _codes,
        "duties_apart": _pairs,
        "second_factor_roles": _codes,
        "approver_roles": _codes,
        "session_hours": _session_hours,
        "session_idle_minutes": _idle_minutes,
    }
    read: Mapping[str, Any] = {
        name: readers.get(name, _number)(name, value) for name, value in values.items()
    }
    return Controls(**{name: _LATER[name] for name in absent}, **read)


def shipped_controls() -> Mapping[str, Any]:
    """Return the controls shipped with the product, with all their dates."""
    return read_limits_file(shipped_text(_FILE), _FILE)


def _number(name: str, value: Any) -> int:
    return whole_number(_FILE, name, value)


def _session_hours(name: str, value: Any) -> int:
    return _from_one(name, value, MOST_SESSION_HOURS)


def _idle_minutes(name: str, value: Any) -> int:
    return _from_one(name, value, 60 * MOST_SESSION_HOURS)


def _from_one(name: str, value: Any, most: int) -> int:
    if whole_number(_FILE, name, value, most) == 0:
        raise ContractError(f"{_FILE}, {name}: 0 would let nobody sign in")
    return int(value)


def _codes(name: str, value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ContractError(f"{_FILE}, {name}: expected a list of codes")
    return frozenset(value)


def _pairs(name: str, value: Any) -> frozenset[frozenset[Duty]]:
    pairs = [frozenset(pair) for pair in value] if isinstance(value, list) else [frozenset()]
    if any(len(pair) != 2 or not pair <= set(DUTIES) for pair in pairs):
        raise ContractError(f"{_FILE}, {name}: expected pairs of {', '.join(DUTIES)}")
    return frozenset(pairs)
