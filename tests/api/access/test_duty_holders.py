"""Which accounts do which duties: the matrix of pairs, teams by place, and what is unsafe."""

from __future__ import annotations

from datetime import date
from itertools import combinations, product

import pytest

from api.access.account import Account
from api.access.duties import CONFIRMED, CONFIRMING, ROUTES_OF, may_begin, may_do
from api.access.duty_holders import DUTY_TEXTS, DutyHolders, Finding, Pair
from api.access.matrix import MATRIX
from api.core.principal import ROLES, Role
from model.policy.controls import DUTIES, controls_on

APART, BEFORE = date(2026, 3, 2), date(2023, 10, 9)
#: Writes about a member or a case that are no duty: they give a case to somebody, or take away.
NO_DUTY = {
    "post_review_claim", "post_review_release", "post_review_assignment",
    "post_consent_withdrawal", "post_proposal_withdrawal",
}  # fmt: skip
COUNTY, OTHER, TOWNSHIP = "371502", "371524", "371502107"


def account(name: str, *roles: Role, place: str = COUNTY, is_enabled: bool = True) -> Account:
    return Account(name, "none", frozenset(roles), (place,), is_enabled=is_enabled)


OFFICE = [
    account("officer-1", "officer"),
    account("officer-2", "officer", place=TOWNSHIP),
    account("officer-3", "officer", is_enabled=False),
    account("reviewer-1", "reviewer", place=""),
    account("both", "officer", "reviewer", place=OTHER),
    account("admin", "admin", place=""),
]


def held(accounts: list[Account], day: date = APART) -> DutyHolders:
    return DutyHolders(controls_on(day), accounts)


def pair(holders: DutyHolders, one: str, other: str) -> Pair:
    (found,) = (each for each in holders.pairs if (each.one, each.other) == (one, other))
    return found


def found(holders: DutyHolders, code: str) -> list[Finding]:
    return [each for each in holders.findings() if each.code == code]


def test_every_write_on_a_case_is_a_duty_or_known_to_be_none() -> None:
    writes = {
        name for name, rule in MATRIX.items() if name.startswith("post_") and " in " in rule.bound
    }
    duties = {route for routes in ROUTES_OF.values() for route in routes}
    assert duties | {CONFIRMING} | NO_DUTY == writes
    assert not duties & NO_DUTY
    assert set(ROUTES_OF) == set(DUTIES) == set(DUTY_TEXTS)


@pytest.mark.parametrize("day", [BEFORE, APART, date(2027, 1, 1)])
def test_the_pairs_are_those_by_which_a_second_half_is_refused(day: date) -> None:
    told = {frozenset((each.one, each.other)) for each in held(OFFICE, day).pairs}
    assert told == controls_on(day).duties_apart


@pytest.mark.parametrize(("duty", "role"), [*product(DUTIES, ROLES)])
def test_a_role_does_a_duty_if_it_may_call_a_route_of_it(duty: str, role: Role) -> None:
    routes = [MATRIX[route].roles for route in ROUTES_OF[duty]]  # type: ignore[index]
    begins = any(role in roles for roles in routes)
    assert may_begin(duty, (role,)) == begins  # type: ignore[arg-type]
    confirms = duty in CONFIRMED and role in MATRIX[CONFIRMING].roles
    assert may_do(duty, (role,)) == (begins or confirms)  # type: ignore[arg-type]


def test_the_halves_of_a_pair_are_told_by_place_of_enabled_accounts() -> None:
    asks_and_pays = pair(held(OFFICE), "ask", "pay")
    assert asks_and_pays.both == ("both", "officer-1", "officer-2")
    assert asks_and_pays.by_roles == ()
    teams = {each.place: (each.one, each.other) for each in asks_and_pays.teams}
    assert teams == {
        COUNTY: (("officer-1",), ("officer-1",)),
        TOWNSHIP: (("officer-1", "officer-2"), ("officer-1", "officer-2")),
        OTHER: (("both",), ("both",)),
    }


def test_roles_that_join_duties_are_told_apart_from_one_role_that_does() -> None:
    holders = held(OFFICE)
    joined = found(holders, "ROLES_JOIN_DUTIES")
    assert {each.accounts for each in joined} == {("both",)}
    assert {each.level for each in joined} == {"unsafe"}
    assert pair(holders, "consent", "rule").by_roles == ("both",)
    (by_one, *_) = found(holders, "ROLE_JOINS_DUTIES")
    assert by_one.level == "note"
    # A reviewer who ruled may confirm a payment that another proposed, on other cases.
    assert pair(holders, "rule", "pay").both == ("both", "reviewer-1")
    assert pair(holders, "rule", "pay").by_roles == ()


def test_a_place_where_one_account_holds_both_halves_is_unsafe_until_it_has_a_colleague() -> None:
    alone = held([account("lone", "officer")])
    (stuck,) = found(alone, "ONE_ACCOUNT")
    assert (stuck.accounts, stuck.level) == (("lone",), "unsafe")
    assert COUNTY in stuck.text.zh
    assert "“申请”和“放款”" in stuck.text.zh
    assert stuck.text.en.count("both ") == len([each for each in alone.pairs if each.both])
    disabled = held([account("lone", "officer"), account("gone", "officer", is_enabled=False)])
    assert found(disabled, "ONE_ACCOUNT") == [stuck]
    elsewhere = held([account("lone", "officer"), account("far", "officer", place=OTHER)])
    assert [each.accounts for each in found(elsewhere, "ONE_ACCOUNT")] == [("lone",), ("far",)]
    # A reviewer only confirms what somebody else proposed to pay.
    confirmer = held([account("lone", "officer"), account("reviewer-1", "reviewer", place="")])
    assert found(confirmer, "ONE_ACCOUNT") == [stuck]
    colleague = held([account("lone", "officer"), account("second", "officer")])
    assert found(colleague, "ONE_ACCOUNT") == []


def test_a_duty_that_nobody_may_do_is_told() -> None:
    told = "".join(each.text.zh for each in found(held([account("lone", "officer")]), "NOBODY"))
    assert [duty for duty in DUTIES if f"“{DUTY_TEXTS[duty].zh}”" in told] == [
        "rule",
        "settle",
        "erase",
    ]
    assert found(held(OFFICE), "NOBODY") == []


def test_what_is_unsafe_comes_first_and_that_accounts_are_no_persons_is_always_said() -> None:
    for accounts, day in [(OFFICE, APART), (OFFICE, BEFORE), ([], APART)]:
        holders = held(accounts, day)
        levels = [each.level for each in holders.findings()]
        assert levels == sorted(levels, reverse=True)
        assert len(found(holders, "ACCOUNTS_ARE_NOT_PERSONS")) == 1
        assert bool(found(holders, "NOTHING_APART")) == (day == BEFORE)


def test_no_account_is_left_out_and_none_named_that_cannot_do_a_half() -> None:
    holders = held(OFFICE)
    for one, other in combinations(DUTIES, 2):
        if not controls_on(APART).are_apart(one, other):
            continue
        told = pair(holders, one, other)
        for duty, names in (
            (one, {name for team in told.teams for name in team.one}),
            (other, {name for team in told.teams for name in team.other}),
        ):
            begin = {
                each.name for each in OFFICE if each.is_enabled and may_begin(duty, each.roles)
            }
            assert names == begin
            assert begin <= set(holders.names_of(duty))
