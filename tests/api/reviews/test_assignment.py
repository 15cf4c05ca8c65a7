"""Claims end: a reviewer gives a case back, and the head of reviewers assigns it."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from api.access.account import Account
from api.access.accounts import Accounts
from api.reviews.assignment import AssignReview, ReleaseReview
from api.reviews.commands import ClaimReview, GiveVerdict, Ruling
from model.policy.controls import controls_on

APPROVE = Ruling("APPROVE", 3_000, "INCOME_VERIFIED", "到场核实无误")


@pytest.fixture
def office(desk):
    """A desk on a day on which the controls are in force, with accounts of reviewers."""
    desk.now = datetime(2026, 3, 2, 2, tzinfo=UTC)
    village = desk.member("SECOND")["village_code"]
    reviewer = Account("reviewer-2", "none", frozenset({"reviewer"}), (village[:6],))
    with closing(Accounts(desk.settings)) as accounts:
        accounts.prepare()
        accounts.add(
            [
                reviewer,
                replace(reviewer, name="elsewhere", places=("999999",)),
                replace(reviewer, name="clerk", roles=frozenset({"officer"})),
                replace(reviewer, name="gone", is_enabled=False),
                replace(reviewer, name="officer-1"),
            ],
            "tests",
        )
    return desk


@pytest.fixture
def claimed(office):
    """A case that one reviewer has claimed."""
    decision = office.decide(office.member("SECOND"), 5_000)
    office.do(claim(office, decision))
    return decision


def claim(desk, decision, actor="reviewer-1"):
    return ClaimReview(None, actor, decision, desk.resources.policy)


def assign(desk, decision, reviewer, has_accounts=True):
    return AssignReview(None, "head", decision, reviewer, desk.resources.policy, has_accounts)


def test_a_reviewer_ends_a_claim_and_another_takes_the_case_at_once(office, claimed):
    assert office.refusal(ReleaseReview(None, "reviewer-2", claimed)) == "not-claimed"
    assert office.do(ReleaseReview(None, "reviewer-1", claimed))["status"] == "WAITING"
    assert office.do(claim(office, claimed, "reviewer-2"))["claimed_by"] == "reviewer-2"


def test_the_head_of_reviewers_takes_a_case_from_one_and_gives_it_to_another(office, claimed):
    state = office.do(assign(office, claimed, "reviewer-2"))
    assert (state["status"], state["claimed_by"]) == ("CLAIMED", "reviewer-2")
    verdict = GiveVerdict(None, "reviewer-1", claimed, APPROVE, office.resources)
    assert office.refusal(verdict) == "not-claimed"
    done = office.do(replace(verdict, actor="reviewer-2"))
    assert done["status"] == "APPROVED_AFTER_REVIEW"


def test_the_head_of_reviewers_ends_a_claim(office, claimed):
    assert office.do(assign(office, claimed, None))["claimed_by"] is None


@pytest.mark.parametrize("unfit", ["elsewhere", "clerk", "gone", "nobody", "officer-1"])
def test_a_case_is_assigned_only_to_somebody_who_may_review_it(office, claimed, unfit):
    assert office.refusal(assign(office, claimed, unfit)) == "unfit-reviewer"


def test_nobody_assigns_a_case_of_their_own(office, claimed):
    own = replace(assign(office, claimed, "reviewer-2"), actor="officer-1")
    assert office.refusal(own) == "own-case"


def test_nobody_holds_a_case_by_claiming_it_again_and_again(office, claimed):
    for _ in range(controls_on(office.now.date()).claims_in_a_row - 1):
        office.now += timedelta(hours=7)
        office.do(claim(office, claimed))
    assert office.refusal(claim(office, claimed)) == "claims-used-up"
    office.now += timedelta(hours=8)
    assert office.refusal(claim(office, claimed)) == "claims-used-up"
    assert office.do(claim(office, claimed, "reviewer-2"))["claimed_by"] == "reviewer-2"
