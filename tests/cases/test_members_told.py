"""What the hand-made members are told beside the answer: read against what they brought."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from data.storage.archive import Archive
from data.storage.profiles import profile_spine
from model.card.bins import Columns
from model.decision.decision import Request, decide
from model.explanation.explanation import Explanation, explain
from model.explanation.nearest_changes import Basis
from model.policy.policy import policy_on
from model.profile.dictionary import member_dictionary
from tests.cases.conftest import AS_OF
from tests.support.cards.hand_written import conduct_card
from tests.support.service.counter import Counter

CARD = conduct_card()
BASIS = Basis(AS_OF, policy_on(AS_OF), CARD, member_dictionary())
REQUEST = Request(10_000, 12, "inputs")
#: What is said of who has no loan, or none that fell due: two loans repaid in full say otherwise.
OF_NO_LOANS = (
    "没有贷过款", "没有结清过", "没有到期", "没有还款记录",
    "no loan before", "fell due", "fallen due", "no loan was repaid",
)  # fmt: skip


def explanation_of(member: str, archive: Archive, **instead: float) -> Explanation:
    """Return the explanation of a member's request by a card of accounts and loans.

    Parameters
    ----------
    instead
        Values of the profile in place of the member's own.
    """
    spine = pa.table({"member_id": [member], "as_of": pa.array([AS_OF])})
    (row,) = profile_spine(archive, spine).to_pylist()
    columns: Columns = {
        each.name: np.array([row[each.name]], dtype=object if each.type == "text" else np.float64)
        for each in member_dictionary()
    }
    changed = {name: np.array([value]) for name, value in instead.items()}
    placed = {**columns, **changed, "household_borrower": np.array([1.0])}
    decision = decide(placed, REQUEST, AS_OF, BASIS.policy, CARD)
    return explain(placed, decision, REQUEST, BASIS)


@pytest.fixture(scope="module")
def borrower(members_archive: Archive) -> Explanation:
    """D01: two loans repaid on time, of which the bank sent monthly reports alone."""
    return explanation_of("D01", members_archive)


def test_who_repaid_two_loans_never_reads_that_nothing_fell_due(borrower: Explanation) -> None:
    texts = [*(line.text for line in borrower.counted), *borrower.missing]
    for text in texts:
        assert not any(said in f"{text.zh} {text.en}" for said in OF_NO_LOANS), text
    told = [text.zh for text in texts]
    assert any("没有逐期的还款记录" in each for each in told)
    missing = [text.zh for text in borrower.missing]
    assert sum("逐期登记的已还清贷款" in each for each in missing) <= 1


def test_who_has_a_balance_on_record_never_reads_that_there_is_no_account(
    borrower: Explanation,
) -> None:
    told = [*(line.text.zh for line in borrower.counted), *(x.zh for x in borrower.missing)]
    assert not any("没有账户记录" in each or "没有储蓄账户" in each for each in told)
    assert any("没有登记账户的开户日期" in each for each in told)


def test_what_carries_an_approval_comes_first_and_few_losses_follow(counter: Counter) -> None:
    answer, told = counter.ask("D01"), counter.explain("D01")["counted"]
    assert answer["outcome"] == "APPROVE"
    points = [line["points"] for line in told]
    gains = [each for each in points if each > 0]
    assert points[: len(gains)] == sorted(gains, reverse=True)
    assert len(points) - len(gains) <= max(2, 5 - len(gains))


def test_d20_reads_when_to_ask_again_and_for_what(counter: Counter) -> None:
    rules = counter.explain("D20", 40_000)["rules"]
    (owed,) = [each for each in rules if "未还清" in each]
    assert "还清后即可再申请" in owed
    assert "12 个月的额度约为" in owed


def test_d24_reads_that_land_without_a_lease_brings_nothing_and_what_to_bring(
    counter: Counter,
) -> None:
    told = " ".join(counter.explain("D24")["rules"])
    assert "租期登记不到下一次收获的土地未计收入，已续租的请带合同登记" in told


def test_d27_in_arrears_reads_what_his_loan_takes_and_of_no_capacity_after_it(
    counter: Counter,
) -> None:
    explained = counter.explain("D27")
    assert "一年要还本行贷款的" in " ".join(explained["rules"])
    assert "还清后" not in " ".join(explained["capacity"]["steps"])


def test_who_repays_before_the_day_reads_of_the_records_and_not_that_nothing_was_owed(
    members_archive: Archive,
) -> None:
    """Paid off before its month, a loan leaves no month in which anything was due."""
    early = {"average_days_past_due_24m": np.nan, "repaid_on_time_share_24m": np.nan}
    found = explanation_of("D01", members_archive, **early)
    texts = [*(line.text for line in found.counted), *found.missing]
    assert any("没有到期还款的记录" in text.zh for text in texts)
    for text in texts:
        assert "fell due" not in text.en or "no record of a repayment that fell due" in text.en
