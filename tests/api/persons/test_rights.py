"""A person's rights, export and erasure, and the portfolio."""

import json
from copy import copy
from dataclasses import replace
from datetime import timedelta

import pytest

from api.access.audit import RecordAccess
from api.cases.case import case_of
from api.consent.commands import SetConsent
from api.core.calendar import date_in_china
from api.decisions.profiles import ProfileErasedError
from api.decisions.replay import replay
from api.ledger.database import Location
from api.payments.commands import CancelDisbursement, Disburse
from api.payments.repayments import Repay
from api.persons.commands import Erase, Export
from api.portfolio.portfolio import portfolio
from api.portfolio.tally import Tally
from api.reviews.commands import Override, RequestReview, Ruling
from api.verify.verify import verify_ledger
from model.decision.eligibility import OF_OTHERS

DECLINE = Ruling("DECLINE", None, "ADVERSE_NEWS", "情况有变，停止放款")


def without(resources, member_id):
    """Return the resources of an edition without the member."""
    edition = copy(resources.edition)
    edition._cache = {member_id: None}
    return replace(resources, edition=edition)


STEPS = ("members", "first", "second", "third", "none")


def test_an_export_contains_all_stored_data_and_is_recorded(desk):
    member = desk.member("FIRST")
    decision = desk.decide(member, 3_000)
    export = desk.do(Export(None, "officer-1", member["member_id"], desk.resources))
    assert export["identity"]["member_id"] == member["member_id"]
    assert export["archive"]["tier"] == "FIRST"
    assert export["consent"] == {"in_force": True, "history": []}
    (entry,) = export["entries"]
    assert (entry["decision_id"], entry["body"]["request"]["amount_yuan"]) == (decision, 3_000)
    again = desk.do(Export(None, "officer-1", member["member_id"], desk.resources))
    assert [entry["kind"] for entry in again["entries"]] == ["DECISION", "EXPORTED"]


def test_an_export_says_nothing_of_others_in_the_household(desk):
    member = desk.member("FIRST")
    desk.decide(member, 3_000)
    export = desk.do(Export(None, "officer-1", member["member_id"], desk.resources))
    (entry,) = export["entries"]
    for values in (export["archive"]["profile"], entry["body"]["profile"]["numbers"]):
        assert "balance_outstanding" in values
        assert not set(OF_OTHERS) & values.keys()


def test_an_export_lists_accesses_to_this_person_only(desk):
    member, other = desk.member("FIRST")["member_id"], desk.member("SECOND")["member_id"]
    decision = desk.decide(desk.member("FIRST"), 3_000)
    for seen, on in ((member, None), (None, decision), (other, None), (None, None)):
        desk.ledger.write_now(RecordAccess("auditor-1", "get_x", "371502", 9, "request", seen, on))
    export = desk.do(Export(None, "officer-1", member, desk.resources))
    assert [(access["by"], access["route"]) for access in export["looks"]] == [
        ("auditor-1", "get_x")
    ] * 2
    assert all(set(access) == {"at", "by", "route"} for access in export["looks"])


def test_a_person_unknown_to_the_ledger_is_exported_from_the_archive(desk):
    member = desk.member("SECOND")["member_id"]
    export = desk.do(Export(None, "officer-1", member, desk.resources))
    assert (export["identity"], export["entries"]) == (None, [])
    assert desk.refusal(Export(None, "o", "NOBODY", desk.resources)) == "unknown-member"


def test_a_person_who_left_the_archive_can_be_exported_and_erased(desk):
    member = desk.member("FIRST")["member_id"]
    decision = desk.decide(desk.member("FIRST"), 3_000)
    after = without(desk.resources, member)
    export = desk.do(Export(None, "officer-1", member, after))
    assert (export["archive"], export["identity"]["member_id"]) == (None, member)
    assert [entry["decision_id"] for entry in export["entries"]] == [decision]
    erased = desk.do(Erase(None, "reviewer-1", member, after))
    assert erased["entries_kept"] == 3
    for command in (Export(None, "o", member, after), Erase(None, "r", member, after)):
        assert desk.refusal(command) == "unknown-member"


def test_a_person_who_left_the_archive_may_withdraw_consent_but_not_give_it(desk):
    member = desk.member("FIRST")["member_id"]
    after = without(desk.resources, member)
    withdraw = SetConsent(None, "o", member, False, "paper", after)
    assert desk.refusal(withdraw) == "unknown-member"
    desk.do(replace(withdraw, resources=desk.resources))
    desk.do(replace(withdraw, resources=desk.resources, is_given=True))
    assert desk.do(withdraw)["in_force"] is False
    assert desk.refusal(withdraw) == "consent-unchanged"
    assert desk.refusal(replace(withdraw, is_given=True)) == "unknown-member"


def test_erasure_leaves_the_chain_complete_and_destroys_the_profile(desk, ledger_settings):
    member = desk.member("FIRST")
    decision = desk.decide(member, 3_000)
    erased = desk.do(Erase(None, "reviewer-1", member["member_id"], desk.resources))
    assert erased["entries_kept"] == 2
    assert verify_ledger(Location.of(ledger_settings)).is_sound
    with desk.ledger.read() as view:
        assert view.member_of(case_of(view, decision).subject_id) is None
        with pytest.raises(ProfileErasedError):
            replay(view, decision)
        stored = json.dumps([entry.body for entry in view.entries_where()])
    assert member["member_id"] not in stored


def test_an_erasure_says_whether_the_edition_in_use_records_consent(desk):
    member, silent = desk.member("FIRST"), desk.member("NONE", consents=False)
    for each in (member, silent):
        desk.decide(each, 3_000)
    erased = [
        desk.do(Erase(None, "reviewer-1", each["member_id"], desk.resources))
        for each in (member, silent)
    ]
    assert [each["archive_consents"] for each in erased] == [True, False]


def test_decisions_of_an_erased_person_cannot_be_changed(desk):
    member = desk.member("FIRST")
    decision = desk.decide(member, 3_000)
    desk.do(Erase(None, "reviewer-1", member["member_id"], desk.resources))
    assert desk.refusal(RequestReview(None, "o", decision, None)) == "person-erased"
    pay = Disburse(None, "o", decision, 1_000, desk.resources)
    assert desk.refusal(pay) == "person-erased"
    again = Erase(None, "reviewer-1", member["member_id"], desk.resources)
    assert desk.refusal(again) == "nothing-held"


def test_a_person_who_returns_is_a_new_subject_without_a_history(desk):
    member = desk.member("FIRST")
    before = desk.decide(member, 3_000)
    desk.do(Erase(None, "reviewer-1", member["member_id"], desk.resources))
    after = desk.decide(member, 3_000)
    assert after != before
    with desk.ledger.read() as view:
        assert case_of(view, after).subject_id != case_of(view, before).subject_id
    export = desk.do(Export(None, "officer-1", member["member_id"], desk.resources))
    assert [entry["decision_id"] for entry in export["entries"]] == [after]


def test_nobody_is_erased_while_a_loan_runs(desk):
    member = desk.member("FIRST")
    decision = desk.decide(member, 3_000)
    desk.do(Disburse(None, "officer-1", decision, 1_000, desk.resources))
    erase = Erase(None, "reviewer-1", member["member_id"], desk.resources)
    assert desk.refusal(erase) == "loan-outstanding"
    desk.now += timedelta(days=31 * (member["months"] + 1))
    assert desk.refusal(erase) == "loan-outstanding"
    desk.do(Repay(None, "officer-3", decision, 1, 1_000, date_in_china(desk.now)))
    assert desk.do(erase)["entries_kept"] == 4


def counted(desk, level="county", within=lambda village: True, tally=None):
    with desk.ledger.read() as view:
        sums = (tally or Tally()).totals(view)
    return portfolio(desk.resources.edition, sums, {}, level, within, desk.now.year)


def test_the_portfolio_counts_from_members_to_payments(desk):
    first, third = desk.member("FIRST"), desk.member("THIRD")
    decision = desk.decide(first, 4_000)
    desk.decide(third, 3_000)
    desk.do(Disburse(None, "o", decision, 1_000, desk.resources))
    desk.do(Disburse(None, "o", decision, 2_000, desk.resources))
    desk.do(CancelDisbursement(None, "o", decision, 1))
    (total,) = counted(desk, "total")
    assert total["members"] == desk.resources.edition.manifest.counts["members"]
    assert total["in_total"] == total["this_year"] == {
        "decisions": 2, "approved": 1, "approved_yuan": 4_000,
        "disbursements": 1, "disbursed_yuan": 2_000, "repaid_yuan": 0,
    }  # fmt: skip


def test_a_reversed_approval_is_subtracted_in_the_year_of_its_reversal(desk):
    tally = Tally()
    decision = desk.decide(desk.member("FIRST"), 4_000)
    assert counted(desk, "total", tally=tally)[0]["this_year"]["approved_yuan"] == 4_000
    desk.now = desk.now.replace(month=12, day=31, hour=15, minute=59)
    late = desk.decide(desk.member("FIRST"), 5_000)
    desk.now += timedelta(minutes=1)  # New Year in China
    desk.do(Override(None, "reviewer-1", late, DECLINE, desk.resources))
    desk.now += timedelta(days=1)
    (total,) = counted(desk, "total", tally=tally)
    assert decision != late
    assert total["this_year"]["approved_yuan"] == -5_000
    assert total["in_total"]["approved_yuan"] == 4_000


def test_the_parts_add_up_at_every_level_and_callers_see_their_own_places(desk):
    member = desk.member("FIRST")
    desk.decide(member, 4_000)
    (total,) = counted(desk, "total")
    for level in ("county", "township", "village"):
        rows = counted(desk, level)
        for step in STEPS:
            assert sum(row[step] for row in rows) == total[step]
        for part, value in total["in_total"].items():
            assert sum(row["in_total"][part] for row in rows) == value
    home = member["village_code"][:6]
    (own,) = counted(desk, "county", lambda village: village.startswith(home))
    assert (own["place_code"], own["in_total"]["decisions"]) == (home, 1)
    elsewhere = counted(desk, "total", lambda village: not village.startswith(home))
    assert elsewhere[0]["in_total"]["decisions"] == 0
