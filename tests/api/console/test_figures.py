"""Figures at the console, on the page and as a workbook, and what an auditor reads."""

from __future__ import annotations

import io
import re
from typing import Any

import openpyxl
import pytest

from api.console.workbook import Sheet, workbook
from tests.support.console.visitor import Visitor
from tests.support.fixtures.branch import Branch

SHOWN = ("members", "consenting", "eligible", "first", "second", "third", "applied", "borrowers")


def _funnel(branch: Branch, role: str, query: str) -> list[dict[str, Any]]:
    answer = branch.send("get", f"/v1/whitelist/funnel?{query}", branch.headers(role))
    rows: list[dict[str, Any]] = answer.json()["rows"]
    return rows


@pytest.mark.parametrize("role", ["manager", "auditor"])
def test_the_workbook_holds_the_numbers_of_the_route(branch: Branch, role: str) -> None:
    answer = Visitor.of(branch, role).get("/console/figures.xlsx")
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    rows = list(book["funnel"].values)[1:]
    expected = _funnel(branch, role, "level=county")
    assert [row[0] for row in rows] == [row["place_code"] for row in expected]
    assert [row[2] for row in rows] == [row["members"] for row in expected]
    assert [row[5] for row in rows] == [row["first"] for row in expected]
    assert len(list(book["portfolio"].values)) == len(expected) + 2


def test_a_manager_sees_no_count_of_few_persons(branch_today: Branch) -> None:
    rows = _funnel(branch_today, "manager", "level=village")
    hidden = [row["place_code"][:9] for row in rows for name in SHOWN if row[name] is None]
    township = max(set(hidden), key=hidden.count)
    page = Visitor.of(branch_today, "manager").get(
        f"/console/figures?county={township[:6]}&township={township}"
    )
    assert page.text.count("人数过少，不显示") > hidden.count(township)
    assert "最高 ¥0" not in page.text
    reader = Visitor.of(branch_today, "reviewer").get("/console/figures").text
    assert "人数过少" not in reader
    assert re.search(r"<tfoot><tr><th scope=\"row\">合计</th>", reader)


def test_every_place_leads_into_its_parts(branch: Branch) -> None:
    visitor, county = Visitor.of(branch, "manager"), branch.member["county_code"]
    page = visitor.get("/console/figures")
    assert f"/console/figures?county={county}" in page.text
    page = visitor.get(f"/console/figures?county={county}")
    inside = re.findall(r"township=(\d{9})", page.text)
    assert inside
    assert all(code.startswith(county) for code in inside)


def test_tiles_stand_as_on_the_map_and_lead_into_their_places(branch: Branch) -> None:
    manager = Visitor.of(branch, "manager")
    page = manager.get("/console/figures?picture=disbursed").text
    counties = re.findall(r'<a class="tile[^"]*" href="/console/figures\?county=(\d{6})', page)
    rows = {row["place_code"]: row for row in _funnel(branch, "manager", "level=county")}
    assert sorted(counties) == sorted(rows)
    assert rows[counties[0]]["latitude"] > rows[counties[-1]]["latitude"]
    assert page.count('<tr><th scope="row">') >= 2 * len(rows), "the numbers stand in a table too"
    township = max(
        (row["place_code"] for row in _funnel(branch, "manager", "level=township")),
        key=lambda code: len(_funnel(branch, "manager", f"level=village&township={code}")),
    )
    inside = f"/console/figures?county={township[:6]}&township={township}"
    assert '<span class="tile' in manager.get(inside).text, "no list opens for a manager"
    assert '<a class="tile' not in manager.get(inside).text
    assert "/console/whitelist?village=" in Visitor.of(branch, "auditor").get(inside).text


def test_a_text_in_a_workbook_is_no_formula() -> None:
    texts = ["=1+1", "+1", "<&>", "张三 'x' \"y\"", None, 5, 1.5]
    book = openpyxl.load_workbook(io.BytesIO(workbook([Sheet("a & b", [texts])])))
    (row,) = book["a & b"].iter_rows()
    assert [cell.value for cell in row] == texts
    assert not any(cell.data_type == "f" for cell in row)


def test_an_auditor_finds_a_decision_and_makes_it_again(branch: Branch) -> None:
    visitor = Visitor.of(branch, "auditor")
    assert visitor.get("/console/").headers["location"] == "/console/decisions"
    path = f"/console/decisions/{branch.decision}"
    assert path in visitor.get("/console/decisions?outcome=APPROVE").text
    assert path not in visitor.get("/console/decisions?outcome=DECLINE").text
    assert f"{path}/replay" in visitor.get(path).text
    replayed = visitor.get(f"{path}/replay")
    assert "逐项一致" in replayed.text
    assert "逐项一致" in visitor.get(f"{path}/replay").text
    for word in ("年利率", "额度取决于", "同意"):
        assert word in replayed.text
    for code in ("APPROVE", "annual_rate", "points_lost"):
        assert code not in replayed.text


def test_a_replay_lists_every_field_of_the_answer(branch: Branch) -> None:
    answer = branch.ask("get_replay", branch.headers("auditor")).json()
    decision = branch.ask("get_decision", branch.headers("auditor")).json()["answer"]
    assert answer["is_equal"]
    assert {each["field"]: each["answered"] for each in answer["fields"]} == decision
    assert all(each["answered"] == each["recomputed"] for each in answer["fields"])


def test_the_access_record_tells_who_looked(branch: Branch) -> None:
    Visitor.of(branch, "reviewer").get(f"/console/members/{branch.member['member_id']}")
    page = Visitor.of(branch, "auditor").get("/console/accesses?actor=reviewer.all")
    assert "查看会员" in page.text
    assert "get_member" not in page.text
    assert branch.member["village_code"] not in page.text, "a name, not a code"
    assert "reviewer.all" in page.text


def test_a_count_opens_the_list_behind_it_for_who_may_see_the_persons(branch: Branch) -> None:
    place = branch.member["village_code"][:9]
    address = f"/console/figures?county={place[:6]}&township={place}"
    reader = Visitor.of(branch, "auditor").get(address)
    village = branch.member["village_code"]
    tier, decided = (
        f"/console/whitelist?village={village}&amp;tier=FIRST",
        "/console/decisions?village=",
    )
    assert tier in reader.text
    assert f"{decided}{village}" in reader.text
    listed = Visitor.of(branch, "auditor").get(tier.replace("&amp;", "&"))
    assert f" · {branch.member['village_code']}" not in listed.text
    assert village not in re.sub(r"<a [^>]*>", "", listed.text), "a name, not a code"
    assert f"/console/members/{branch.member['member_id']}" in listed.text
    listed = Visitor.of(branch, "auditor").get(f"{decided}{village}")
    assert f"/console/decisions/{branch.decision}" in listed.text
    manager = Visitor.of(branch, "manager").get(address).text
    assert "/console/whitelist" not in manager
    assert "/console/decisions" not in manager
    asked = "/v1/decisions?counted_as=overdue_30_59"
    assert branch.send("get", asked, branch.headers("auditor")).json()["rows"] == []
    assert branch.send("get", asked, branch.headers("manager")).status_code == 403
    refused = branch.send("get", "/v1/decisions?counted_as=late", branch.headers("auditor"))
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "counted_as")
    officer = Visitor.of(branch, "officer").get(address).text
    assert "/console/decisions?" not in officer, "an officer lists decisions of their own alone"


def test_trend_arrears_and_losses_stand_on_the_page_and_in_the_workbook(branch: Branch) -> None:
    visitor = Visitor.of(branch, "manager")
    text = visitor.get("/console/figures").text
    for heading in ("逐月", "逾期"):
        assert f"<h2>{heading}</h2>" in text
    assert text.count("<svg") == text.count('aria-hidden="true" focusable="false"')
    answer = visitor.get("/console/figures.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    months = [row[0].value for row in book["months"].iter_rows(min_row=2)]
    assert len(months) == 13
    assert months == sorted(months)
    assert [cell.value for cell in book["quality"][1]][:2] == ["code", "place"]
