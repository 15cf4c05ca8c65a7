"""The page of differences: what both books say, and the form by which a reviewer settles one."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.support.bank import report_loan
from tests.support.console.visitor import Visitor
from tests.support.fixtures.branch import ELSEWHERE, Branch

PATH = "/console/differences"
NOTE = "核对了银行回单"


def form_of(branch: Branch, page: httpx.Response) -> str:
    """Return the address of the first form that settles a difference."""
    member = branch.member["member_id"]
    found = re.search(rf"/console/members/{member}/differences/[0-9a-f-]+/settlement", page.text)
    assert found, page.text
    return found[0]


@pytest.fixture
def reviewer(branch: Branch) -> Visitor:
    """A reviewer, and a loan of 4,000 yuan that only the bank knows."""
    report_loan(branch, "L-1", 4_000)
    return Visitor.of(branch, "reviewer")


def test_a_difference_is_listed_by_place_with_both_figures(
    branch: Branch, reviewer: Visitor
) -> None:
    for visitor in (reviewer, Visitor.of(branch, "officer"), Visitor.of(branch, "auditor")):
        page = visitor.get(f"{PATH}?township={branch.member['village_code'][:9]}")
        assert page.status_code == 200
        for shown in ("银行有贷款，账本没有放款", "¥4,000", "¥0", branch.member["village_code"]):
            assert shown in page.text
        is_reviewer = visitor is reviewer
        assert ("/settlement" in page.text) is is_reviewer
    reviewer.cookies["__Host-rongzi-language"] = "en"
    page = reviewer.get(PATH)
    assert "A loan at the bank, not paid here" in page.text


def test_a_reviewer_of_another_place_sees_and_settles_none(
    branch: Branch, reviewer: Visitor
) -> None:
    page = reviewer.get(PATH)
    other = Visitor.of(branch, "reviewer", places=(ELSEWHERE,))
    empty = other.get(PATH)
    assert "没有差异" in empty.text
    assert branch.member["member_id"] not in empty.text
    address = form_of(branch, page)
    fields = {"side": "LEDGER", "note": NOTE, "bank_yuan": "4000", "ledger_yuan": "0"}
    token = re.search(r'name="token" value="([^"]+)"', empty.text)
    assert token
    assert other.post(address, fields | {"token": token[1]}).status_code == 404


def test_a_form_that_says_too_little_or_old_figures_shows_what_to_do(
    branch: Branch, reviewer: Visitor
) -> None:
    page = reviewer.get(PATH)
    address = form_of(branch, page)
    answer = reviewer.submit(page, address, note=NOTE)
    assert answer.status_code == 422
    assert "请选择以谁为准" in answer.text
    assert NOTE in answer.text, "what was written is kept"
    answer = reviewer.submit(page, address, side="LEDGER", note=NOTE, bank_yuan="3999")
    assert answer.status_code == 409
    assert "请重新查看差异" in answer.text


def test_a_reviewer_settles_once_and_the_page_says_who(branch: Branch, reviewer: Visitor) -> None:
    page = reviewer.get(PATH)
    address = form_of(branch, page)
    fields = {"side": "LEDGER", "note": NOTE}
    answers = [reviewer.submit(page, address, **fields) for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 303], "sent twice, done once"
    assert "没有差异" in reviewer.get(PATH).text
    settled = reviewer.get(f"{PATH}?settled=true").text
    assert "以账本为准" in settled
    assert "reviewer.all" in settled
