"""The sheet of a village: who is on it, what it says of each, who sees it, and who looked."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pyarrow.parquet as pq

from tests.support.console.visitor import Visitor
from tests.support.fixtures.branch import ELSEWHERE, Branch


def _rows(branch: Branch, village: str, lang: str = "zh") -> list[dict[str, Any]]:
    """Return every row of the route, page by page."""
    headers, rows, cursor = branch.headers("officer"), list[dict[str, Any]](), ""
    while True:
        query = f"?page_size=10&lang={lang}{cursor}"
        answer = branch.send("get", f"/v1/villages/{village}/sheet{query}", headers).json()
        rows += answer["rows"]
        if answer["next_cursor"] is None:
            return rows
        cursor = f"&cursor={answer['next_cursor']}"


def test_the_sheet_holds_everybody_of_the_village_once(branch: Branch) -> None:
    village = branch.member["village_code"]
    stored = pq.read_table(branch.home / "rows.parquet").to_pylist()
    expected = sorted(row["member_id"] for row in stored if row["village_code"] == village)
    assert len(expected) > 10
    assert [row["member_id"] for row in _rows(branch, village)] == expected


def test_each_row_says_what_the_members_own_page_says(branch: Branch) -> None:
    headers, kinds = branch.headers("officer"), set()
    for lang in ("zh", "en"):
        for row in _rows(branch, branch.member["village_code"], lang):
            address = f"/v1/members/{row['member_id']}"
            member = branch.send("get", address, headers).json()
            told = branch.send("get", f"{address}/explanation?lang={lang}", headers).json()
            consent = branch.send("get", f"{address}/consents", headers).json()
            for name in ("identity", "place", "tier", "limit_yuan", "months"):
                assert row[name] == member[name], name
            assert row["has_consent"] == consent["in_force"]
            incomes = told["capacity"]["incomes"] if told["capacity"] else []
            declared = [each["text"] for each in incomes if each["evidence"] == "declared"]
            assert row["verify"] == [*told["rules"], *declared, *told["missing"]]
            kinds |= {row["has_consent"], bool(declared), bool(told["missing"])}
    assert kinds == {True, False}


def test_a_withdrawn_consent_empties_the_row_at_once(branch: Branch) -> None:
    village = branch.member["village_code"]
    row = next(each for each in _rows(branch, village) if each["tier"] == "SECOND")
    address = f"/v1/members/{row['member_id']}/consents/withdrawal"
    headers = branch.headers("officer") | {"Idempotency-Key": "withdrawn-1"}
    body = {"evidence": "paper"}
    answer = branch.loop.run_until_complete(branch.client.post(address, json=body, headers=headers))
    assert answer.status_code == 201
    after = next(r for r in _rows(branch, village) if r["member_id"] == row["member_id"])
    assert (after["tier"], after["limit_yuan"], after["has_consent"]) == ("NONE", 0, False)
    assert len(after["verify"]) == 1


def test_a_village_of_another_place_is_as_one_that_does_not_exist(branch: Branch) -> None:
    visitor = Visitor.of(branch, "officer", places=(ELSEWHERE,))
    village = branch.member["village_code"]
    for path in ("", "/sheet.xlsx"):
        foreign = visitor.get(f"/console/villages/{village}{path}")
        absent = visitor.get(f"/console/villages/{'0' * 12}{path}")
        assert foreign.status_code == absent.status_code == 404
        assert foreign.text.replace(village, "0" * 12) == absent.text


def test_a_cursor_of_another_village_is_refused(branch: Branch) -> None:
    stored = pq.read_table(branch.home / "rows.parquet").to_pylist()
    village = branch.member["village_code"]
    other = next(row["member_id"] for row in stored if row["village_code"] != village)
    address = f"/v1/villages/{village}/sheet?cursor={other}"
    assert branch.send("get", address, branch.headers("officer")).status_code == 422


def test_a_look_at_a_village_is_recorded_with_its_persons(branch: Branch) -> None:
    village = branch.member["village_code"]
    answer = Visitor.of(branch, "reviewer").get(f"/console/villages/{village}")
    lines = branch.send("get", "/v1/accesses?page_size=50", branch.headers("auditor")).json()
    mine = [row for row in lines["rows"] if row["request_id"] == answer.headers["x-request-id"]]
    assert {(row["route"], row["place_code"]) for row in mine} == {("get_village_sheet", village)}
    assert sum(row["persons"] for row in mine) == len(_rows(branch, village))


def test_the_workbook_holds_the_rows_of_the_route(branch: Branch) -> None:
    village = branch.member["village_code"]
    answer = Visitor.of(branch, "officer").get(f"/console/villages/{village}/sheet.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    head, *rows = book["visit"].iter_rows(values_only=True)
    expected = _rows(branch, village)
    assert head[0] == "会员编号"
    assert [row[0] for row in rows] == [row["member_id"] for row in expected]
    assert [row[5] for row in rows] == [row["limit_yuan"] for row in expected]
    assert [row[8] or "" for row in rows] == ["\n".join(row["verify"]) for row in expected]
    assert all("*" in row[2] for row in rows if row[2])
