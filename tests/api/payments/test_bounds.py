"""Bounds of a case: a smallest payment, a most of entries, and work that grows with neither."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter

from api.cases.state import DecisionState
from api.http.problems import ProblemError
from api.ledger.entries import Entry
from api.payments.commands import CancelDisbursement, Disburse
from api.reviews.commands import ClaimReview
from model.policy.controls import controls_on

DAY = datetime(2026, 3, 2, 2, tzinfo=UTC)
CONTROLS = controls_on(DAY.date())


@pytest.fixture
def office(desk):
    """A desk on a day on which the controls are in force."""
    desk.now = DAY
    return desk


def pay(desk, decision, yuan):
    return Disburse(None, "officer-2", decision, yuan, desk.resources)


def test_a_payment_below_the_smallest_is_refused_unless_it_is_all_that_is_left(office):
    smallest = CONTROLS.smallest_payment_yuan
    decision = office.decide(office.member("FIRST"), 3_050)
    for yuan in (1, smallest - 1):
        assert office.refusal(pay(office, decision, yuan)) == "invalid-body"
    office.do(pay(office, decision, 3_000))
    assert office.refusal(pay(office, decision, 1)) == "invalid-body"
    assert office.do(pay(office, decision, 50))["left_yuan"] == 0


def test_a_full_case_takes_no_further_payment_and_every_cancellation(office):
    member = office.member("FIRST")
    decision = office.decide(member, member["limit_yuan"])
    made = 0
    while made < CONTROLS.most_entries_of_case - 1:
        if made % 2:
            office.do(CancelDisbursement(None, "officer-3", decision, (made + 1) // 2))
        else:
            office.do(pay(office, decision, 100))
        made += 1
    assert office.refusal(pay(office, decision, 100)) == "case-full"
    number = (made + 1) // 2
    if made % 2 == 0:
        return
    state = office.do(CancelDisbursement(None, "officer-3", decision, number))
    assert state["drawn_yuan"] == 0


def test_a_question_is_not_repeated_without_end(office):
    member = office.member("SECOND")
    decision = office.decide(member, 5_000)
    for _ in range(CONTROLS.most_entries_of_case - 1):
        assert office.decide(member, 5_000) == decision
    with pytest.raises(ProblemError) as refusal:
        office.decide(member, 5_000)
    assert refusal.value.kind.name == "case-full"
    claim = ClaimReview(None, "reviewer-1", decision, office.resources.policy)
    assert office.refusal(claim) == "case-full"


def entry(seq, kind, number=None):
    return Entry(
        kind=kind, subject_id="s", decision_id="d", place_code="999901001001", actor="o",
        amount_yuan=1, outcome=None, body={"number": number}, entry_id=str(seq), seq=seq,
        recorded_at=DAY, answer_digest=None, previous="", digest="",
    )  # fmt: skip


class Counted(DecisionState):
    """A state that counts how often a state is made."""

    made = 0

    def __init__(self, *values, **named):
        type(self).made += 1
        super().__init__(*values, **named)


def test_the_state_of_many_payments_is_made_once_and_not_once_a_payment():
    entries = [entry(1, "DECISION")]
    entries += [entry(seq, "DISBURSED") for seq in range(2, 1_002)]
    entries += [entry(seq, "DISBURSEMENT_CANCELLED", seq - 1_001) for seq in range(1_002, 1_502)]
    Counted.made = 0
    state = Counted.of(entries)
    assert Counted.made < 10
    assert (len(state.draws), state.drawn_yuan) == (1_000, 500)


def test_payment_number_a_thousand_can_be_cancelled():
    from api.payments.routes import Number

    assert TypeAdapter(Number).validate_python("100001") == 100_001


def test_a_payment_reads_only_decisions_of_the_member_that_money_was_paid_on(office, monkeypatch):
    member = office.member("FIRST")
    decisions = [office.decide(member, 3_000 + n) for n in range(12)]
    office.do(pay(office, decisions[0], 1_000))
    read = []
    original = DecisionState.of.__func__

    def counted(cls, entries):
        entries = list(entries)
        read.append(len(entries))
        return original(cls, entries)

    monkeypatch.setattr(DecisionState, "of", classmethod(counted))
    office.do(pay(office, decisions[1], 1_000))
    assert len(read) <= 4
