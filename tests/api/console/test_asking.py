"""Finding a member and asking for a decision at the console."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from data.storage.archive import Archive
from tests.support.console.visitor import Visitor, hidden_fields
from tests.support.fixtures.branch import Branch

ASKED = {"amount_yuan": "5,000 元", "months": "１２", "purpose": "inputs"}


@pytest.fixture
def visitor(branch: Branch) -> Visitor:
    return Visitor.of(branch, "officer")


@pytest.fixture
def path(branch: Branch) -> str:
    return f"/console/members/{branch.member['member_id']}/ask"


@pytest.fixture(scope="module")
def person(branch: Branch, simulated_archive: Archive) -> dict[str, Any]:
    """The archive's row of the branch's member."""
    members = simulated_archive.read("members")
    found = members.filter(pc.equal(members["member_id"], branch.member["member_id"]))
    row: dict[str, Any] = found.to_pylist()[0]
    return row


def test_a_person_is_found_and_no_address_tells_who_was_looked_for(
    visitor: Visitor, person: dict[str, Any]
) -> None:
    page = visitor.get("/console/search")
    found = visitor.submit(page, "/console/search", id_number=person["id_number"])
    assert found.status_code == 200
    assert f"/console/members/{person['member_id']}" in found.text
    assert found.url.query == b""
    # What was filled in stays in its field, and the person's masked number is what is told.
    assert found.text.count(person["id_number"]) == 1
    assert person["name"] not in found.text


def test_a_search_for_nothing_says_what_to_fill_in(visitor: Visitor) -> None:
    answer = visitor.submit(visitor.get("/console/search"), "/console/search", name="  ")
    assert answer.status_code == 422
    assert "请至少填写一项" in answer.text


def test_a_search_that_finds_nobody_says_so(visitor: Visitor) -> None:
    answer = visitor.submit(visitor.get("/console/search"), "/console/search", name="无此人")
    assert "没有相符的会员" in answer.text


def test_an_answer_is_shown_on_one_page_with_its_reasons(visitor: Visitor, path: str) -> None:
    asked = visitor.submit(visitor.get(path), path, **ASKED)
    assert asked.status_code == 303
    answer = visitor.get(asked.headers["location"])
    assert answer.status_code == 200
    for shown in ("¥5,000", "作出决策", "打印告知书"):
        assert shown in answer.text


def test_a_form_sent_twice_asks_once(visitor: Visitor, path: str) -> None:
    page = visitor.get(path)
    asked = ASKED | {"amount_yuan": "5300"}
    first, second = (visitor.submit(page, path, **asked) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert visitor.get(first.headers["location"]).text.count("再次询问") == 0


def test_a_form_sent_again_with_other_contents_is_told_and_can_be_sent_as_a_new_one(
    visitor: Visitor, path: str
) -> None:
    page = visitor.get(path)
    visitor.submit(page, path, **ASKED)
    again = visitor.submit(page, path, **ASKED | {"amount_yuan": "6000"})
    assert again.status_code == 422
    assert "这张表单已经提交过" in again.text
    assert hidden_fields(again, path)["key"] != hidden_fields(page, path)["key"]
    assert visitor.submit(again, path, **ASKED | {"amount_yuan": "6000"}).status_code == 303


def test_what_is_wrong_is_named_at_its_field_and_the_rest_stays(
    visitor: Visitor, path: str
) -> None:
    answer = visitor.submit(visitor.get(path), path, amount_yuan="很多", months="9", purpose="")
    assert answer.status_code == 422
    assert 'href="#amount_yuan"' in answer.text
    assert 'id="amount_yuan-error"' in answer.text
    assert "请选择一项用途" in answer.text
    assert 'value="很多"' in answer.text
    assert 'value="9"' in answer.text


def test_the_notice_is_chinese_in_either_language_and_names_the_right_to_review(
    visitor: Visitor, branch: Branch
) -> None:
    rows = pq.read_table(branch.home / "rows.parquet").to_pylist()
    declined = next(each["member_id"] for each in rows if each["tier"] == "NONE")
    path = f"/console/members/{declined}/ask"
    visitor.submit(visitor.get("/console/search"), "/console/language", language="en")
    asked = visitor.submit(visitor.get(path), path, **ASKED)
    notice = visitor.get(asked.headers["location"] + "/notice")
    assert "贷款申请结果告知书" in notice.text
    assert "由工作人员重新审核" in notice.text.partition("四、您的权利")[2]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"a=1&a=2", "application/x-www-form-urlencoded"),
        (b"a=%ff", "application/x-www-form-urlencoded"),
        (b"a=%00", "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(60)), "application/x-www-form-urlencoded"),
        (b'{"a": 1}', "application/json"),
        (b"a", "multipart/form-data; boundary=x"),
    ],
)
def test_a_form_that_cannot_be_read_is_told_and_does_nothing(
    visitor: Visitor, path: str, content: bytes, kind: str
) -> None:
    answer = visitor._send("POST", path, content=content, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert "表单无法读取" in answer.text
