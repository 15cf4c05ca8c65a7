"""Payments with maker and checker, and reviews, at the console."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

from tests.support.console.visitor import Visitor, hidden_fields, pay_out
from tests.support.fixtures.branch import Branch


@pytest.fixture(scope="module")
def branch(branch_today: Branch) -> Branch:
    return branch_today


@pytest.fixture(scope="module")
def rows(branch: Branch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(branch.home / "rows.parquet").to_pylist()
    return found


def _person(branch: Branch, name: str, *roles: str) -> Visitor:
    """A browser of an account of its own, because duties are kept apart by account."""
    return Visitor.of(branch, *roles, account=name)


def _asked(branch: Branch, row: dict[str, Any], yuan: int) -> str:
    """Ask as ``asker`` for `yuan`; return the path of the decision's page."""
    asker, path = _person(branch, "asker", "officer"), f"/console/members/{row['member_id']}/ask"
    fields = {"amount_yuan": str(yuan), "months": str(row["months"] or 12), "purpose": "inputs"}
    answer = asker.submit(asker.get(path), path, **fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def _offers(rows: list[dict[str, Any]], tier: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["tier"] == tier and row["limit_yuan"] >= 5_000]


def _shown(visitor: Visitor, answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    return visitor.get(answer.headers["location"].partition("#")[0]).text


def test_a_payment_is_made_once_however_often_the_form_is_sent(
    branch: Branch, rows: list[dict[str, Any]]
) -> None:
    path = _asked(branch, _offers(rows, "FIRST")[1], 5_000)
    payer = _person(branch, "payer", "officer")
    checked = payer.submit(payer.get(path), f"{path}/payments", amount_yuan="3,000")
    text = ""
    for _ in range(3):
        text = _shown(payer, payer.submit(checked, f"{path}/payments"))
        assert "已放款，并已入账" in text
    assert "已放款，并已入账" not in payer.get(path).text, "it is said once"
    assert text.count("第 1 笔 ·") == 1
    assert "第 2 笔" not in text
    assert re.search(r"还可放款</dt><dd>¥2,000", text)


def test_a_payment_is_shown_once_more_before_it_is_made(
    branch: Branch, rows: list[dict[str, Any]]
) -> None:
    path = _asked(branch, _offers(rows, "FIRST")[4], 5_000)
    payer = _person(branch, "payer", "officer")
    checked = payer.submit(payer.get(path), f"{path}/payments", amount_yuan="3,000")
    assert checked.status_code == 200
    assert "还没有放款" in checked.text
    assert "放款 ¥3,000</button>" in checked.text
    assert re.search(r"放给</dt><dd>\S\*", checked.text), "masked"
    assert re.search(r"此后还可放款</dt><dd>¥2,000", checked.text)
    assert "第 1 笔" not in payer.get(path).text


@pytest.mark.parametrize("amount", ["", "0", "abc", "5,001", "10000000"])
def test_an_amount_that_cannot_be_paid_is_told_the_bound_of_this_decision(
    branch: Branch, rows: list[dict[str, Any]], amount: str
) -> None:
    path = _asked(branch, _offers(rows, "FIRST")[5], 5_000)
    payer = _person(branch, "payer", "officer")
    wrong = payer.submit(payer.get(path), f"{path}/payments", amount_yuan=amount)
    assert wrong.status_code == 422
    assert "请填写整数元，1 至 5,000" in wrong.text
    assert 'aria-describedby="amount_yuan-hint amount_yuan-error"' in wrong.text


def test_whoever_asked_is_told_that_a_colleague_must_pay(
    branch: Branch, rows: list[dict[str, Any]]
) -> None:
    path = _asked(branch, _offers(rows, "FIRST")[2], 5_000)
    asker, payer = _person(branch, "asker", "officer"), _person(branch, "payer", "officer")
    page = asker.get(path)
    assert f'action="{path}/payments"' not in page.text
    assert "您已在本案办理过：申请。" in page.text
    assert "“放款”须由未办理过这些事项的另一人办理：客户经理。" in page.text
    form = hidden_fields(payer.get(path), f"{path}/payments")
    fields = form | hidden_fields(page, "/console/language")
    answer = asker.post(f"{path}/payments", fields | {"amount_yuan": "5000", "checked": "yes"})
    assert answer.status_code == 403
    assert "请由同事办理" in answer.text
    assert "第 1 笔" not in answer.text


def test_a_payment_is_cancelled_by_a_form_of_its_own(
    branch: Branch, rows: list[dict[str, Any]]
) -> None:
    path = _asked(branch, _offers(rows, "FIRST")[3], 5_000)
    payer, canceller = (_person(branch, name, "officer") for name in ("payer", "canceller"))
    _shown(payer, pay_out(payer, path, "5000"))
    assert f'action="{path}/payments/1/cancellation"' not in payer.get(path).text
    form = f"{path}/payments/1/cancellation"
    text = _shown(canceller, canceller.submit(canceller.get(path), form))
    assert "已撤销" in text
    assert re.search(r"还可放款</dt><dd>¥5,000", text)


def test_a_large_payment_waits_for_another_person(
    branch: Branch, rows: list[dict[str, Any]]
) -> None:
    row = max(_offers(rows, "FIRST"), key=lambda each: each["limit_yuan"])
    path = _asked(branch, row, row["limit_yuan"])
    payer, checker = (_person(branch, name, "officer") for name in ("payer", "checker"))
    page = payer.get(path)
    assert "超过 ¥20,000 须由另一人确认后才放款" in page.text
    checked = payer.submit(page, f"{path}/payments", amount_yuan=str(row["limit_yuan"]))
    assert "这一步只是提出放款" in checked.text
    text = _shown(payer, payer.submit(checked, f"{path}/payments"))
    assert "已提出放款，尚未付出" in text
    assert "待另一人确认" in text
    assert re.search(r"还可放款</dt><dd>¥0", text)
    (form,) = re.findall(rf'action="({path}/proposals/[0-9a-f-]+)"', checker.get(path).text)
    assert f'action="{form}"' not in text, "the maker is not offered to confirm"
    text = _shown(checker, checker.submit(checker.get(path), form))
    assert "第 1 笔 ·" in text
    assert "待另一人确认" not in text


def test_a_proposal_is_withdrawn_and_its_amount_is_left_again(
    branch: Branch, rows: list[dict[str, Any]]
) -> None:
    row = sorted(_offers(rows, "FIRST"), key=lambda each: each["limit_yuan"])[-2]
    path = _asked(branch, row, row["limit_yuan"])
    asker, payer = _person(branch, "asker", "officer"), _person(branch, "payer", "officer")
    _shown(payer, pay_out(payer, path, str(row["limit_yuan"])))
    wanted = rf'action="({path}/proposals/[0-9a-f-]+/withdrawal)"'
    assert not re.findall(wanted, asker.get(path).text)
    (form,) = re.findall(wanted, payer.get(path).text)
    text = _shown(payer, payer.submit(payer.get(path), form))
    assert "已撤回待确认事项" in text
    assert f"还可放款</dt><dd>¥{row['limit_yuan']:,}" in text
    assert "撤回待确认事项</strong>" in text


def test_a_referred_case_is_claimed_and_decided_with_a_reason_and_a_note(
    branch: Branch, rows: list[dict[str, Any]]
) -> None:
    path = _asked(branch, _offers(rows, "SECOND")[0], 5_000)
    reviewer = _person(branch, "reviewer-9", "reviewer")
    assert path in reviewer.get("/console/reviews").text
    _shown(reviewer, reviewer.submit(reviewer.get(path), f"{path}/claim"))
    page = reviewer.get(path)
    wrong = reviewer.submit(page, f"{path}/verdict", verdict="", reason_code="", note="好")
    assert wrong.status_code == 422
    for said in ("请选择同意或不同意", "请选择一项理由", "5 至 1000 个字"):
        assert said in wrong.text
    text = _shown(
        reviewer,
        reviewer.submit(
            wrong, f"{path}/verdict", verdict="APPROVE", amount_yuan="4000",
            reason_code="INCOME_VERIFIED", note="已到户核实，收入与流水相符",
        ),
    )  # fmt: skip
    assert "审核同意" in text
    assert "已到户核实" in text
    assert path not in reviewer.get("/console/reviews").text


def test_reasons_stand_by_verdict_and_a_decline_shows_no_offer(
    branch: Branch, rows: list[dict[str, Any]]
) -> None:
    path = _asked(branch, _offers(rows, "SECOND")[2], 5_000)
    reviewer = _person(branch, "reviewer-8", "reviewer")
    page = _shown(reviewer, reviewer.submit(reviewer.get(path), f"{path}/claim"))
    assert "额度取决于" in page
    groups = dict(re.findall(r'<optgroup label="(\S+)">(.*?)</optgroup>', page, re.DOTALL))
    assert "INCOME_VERIFIED" in groups["同意的理由"]
    assert "INCOME_NOT_VERIFIED" in groups["不同意的理由"]
    assert not set(re.findall(r'value="(\w+)"', groups["不同意的理由"])) & set(
        re.findall(r'value="(\w+)"', groups["同意的理由"])
    )
    declined = _shown(
        reviewer,
        reviewer.submit(
            reviewer.get(path), f"{path}/verdict", verdict="DECLINE",
            reason_code="INCOME_NOT_VERIFIED", note="收入来源多次联系未能核实",
        ),
    )  # fmt: skip
    assert "审核未同意" in declined
    assert "额度取决于" not in declined
    assert "有效期至" not in declined


def test_two_reviewers_at_once_are_told_who_has_the_case(
    branch: Branch, rows: list[dict[str, Any]]
) -> None:
    path = _asked(branch, _offers(rows, "SECOND")[1], 5_000)
    first, second = (_person(branch, f"reviewer-{n}", "reviewer") for n in (1, 2))
    pages = [each.get(path) for each in (first, second)]
    _shown(first, first.submit(pages[0], f"{path}/claim"))
    late = second.submit(pages[1], f"{path}/claim")
    assert late.status_code == 409
    assert "已由他人领取" in late.text
    assert "reviewer-1 正在审核" in late.text
    _shown(first, first.submit(first.get(path), f"{path}/release"))
    assert f'action="{path}/claim"' in second.get(path).text


def test_a_review_is_requested_for_a_declined_member_with_what_they_say(
    branch: Branch, rows: list[dict[str, Any]]
) -> None:
    declined = next(row for row in rows if row["tier"] == "NONE")
    path = _asked(branch, declined, 5_000)
    officer = _person(branch, "asker", "officer")
    form = f"{path}/review-request"
    wrong = officer.submit(officer.get(path), form, statement="电话 13800000000")
    assert wrong.status_code == 422
    text = _shown(officer, officer.submit(wrong, form, statement="去年遭受雹灾，今年已恢复生产"))
    assert "申请人工复核" in text
    assert "去年遭受雹灾" in text


def test_consent_is_recorded_and_withdrawn_with_its_evidence(
    branch: Branch, rows: list[dict[str, Any]]
) -> None:
    without = next(row for row in rows if "NO_CONSENT" in row["knock_outs"])
    path = f"/console/members/{without['member_id']}"
    officer = _person(branch, "keeper", "officer")
    page = officer.get(path)
    assert f'action="{path}/consent"' in page.text
    wrong = officer.submit(page, f"{path}/consent", evidence="")
    assert wrong.status_code == 422
    assert "请选择授权凭证的形式" in wrong.text
    text = _shown(officer, officer.submit(wrong, f"{path}/consent", evidence="paper"))
    assert re.search("<dd>有效，自", text)
    withdrawal = f"{path}/consent/withdrawal"
    text = _shown(officer, officer.submit(officer.get(path), withdrawal, evidence="voice"))
    assert "<dd>无效</dd>" in text
