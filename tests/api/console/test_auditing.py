"""An auditor at the console: a person's decisions, who looked, the ledger verified."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from sqlalchemy import update

from api.core.settings import Settings
from api.ledger.database import Location
from api.ledger.tables import entries
from tests.support.console.visitor import Visitor
from tests.support.fixtures.branch import ELSEWHERE, NO_DECISION, Branch
from tests.support.tampering.rows import without_triggers

HERE = "/console/decisions"
LEDGER = "/console/ledger"


def _village(branch: Branch) -> str:
    return str(branch.member["village_code"])


def test_a_person_named_in_a_form_leads_to_their_decisions_and_never_into_an_address(
    branch: Branch,
) -> None:
    auditor = Visitor.of(branch, "auditor")
    found = auditor.submit(auditor.get(HERE), HERE, village=_village(branch))
    member = branch.member["member_id"]
    link = f"{HERE}?member_id={member}"
    assert found.status_code == 200
    assert link in found.text
    listed = auditor.get(link)
    assert f"{HERE}/{branch.decision}" in listed.text
    assert listed.text.count("row-main") == 1
    assert "没有。" in auditor.get(f"{HERE}?member_id=NOBODY").text
    looked = branch.send("get", "/v1/accesses?actor=auditor.all", branch.headers("auditor")).json()
    assert {"search_members", "list_decisions"} <= {each["route"] for each in looked["rows"]}


def test_a_number_opens_its_decision_and_what_is_no_number_is_said_to_be_none(
    branch: Branch,
) -> None:
    auditor = Visitor.of(branch, "auditor")
    page = auditor.get(HERE)
    opened = auditor.submit(page, HERE, decision_id=f" {branch.decision.upper()} ")
    assert opened.headers["location"] == f"{HERE}/{branch.decision}"
    for fields, said in (({"decision_id": "../members"}, "这不是决策编号"), ({}, "请至少填写一项")):
        wrong = auditor.submit(page, HERE, **fields)
        assert (wrong.status_code, said in wrong.text) == (422, True)


def test_a_person_of_another_place_is_not_found(branch: Branch) -> None:
    stranger = Visitor.of(branch, "auditor", places=(ELSEWHERE,))
    found = stranger.submit(stranger.get(HERE), HERE, village=_village(branch))
    assert branch.member["member_id"] not in found.text
    assert stranger.get(f"{HERE}/{NO_DECISION}").status_code == 404


def test_an_auditor_sees_who_looked_at_a_member(branch: Branch) -> None:
    member = branch.member["member_id"]
    Visitor.of(branch, "reviewer").get(f"/console/members/{member}")
    auditor = Visitor.of(branch, "auditor")
    link = f"/console/accesses?member_id={member}"
    assert link in auditor.get(f"/console/members/{member}").text
    assert "reviewer.all" in auditor.get(link).text
    assert "reviewer.all" not in auditor.get("/console/accesses?member_id=NOBODY").text
    assert "谁看过" not in Visitor.of(branch, "officer").get(f"/console/members/{member}").text


def _verified(branch: Branch, auditor: Visitor) -> str:
    assert auditor.submit(auditor.get(LEDGER), LEDGER).headers["location"] == LEDGER
    end = time.monotonic() + 60
    while time.monotonic() < end:
        text = auditor.get(LEDGER).text
        if "正在核验" not in text:
            return text
        branch.loop.run_until_complete(asyncio.sleep(0.1))
    raise AssertionError("the verification does not end")


def test_the_ledger_is_verified_at_a_button_and_its_findings_are_listed(branch: Branch) -> None:
    auditor = Visitor.of(branch, "auditor")
    assert "还没有核验过" in auditor.get(LEDGER).text
    text = _verified(branch, auditor)
    assert "verification-sound" in text
    assert "发现的问题" not in text
    with without_triggers(Location.of(Settings(branch.home)).url) as connection:
        connection.execute(update(entries).where(entries.c.seq == 1).values(amount_yuan=1))
    text = _verified(branch, auditor)
    assert "verification-unsound" in text
    assert '<th scope="row">记录被改</th><td>1</td>' in text
    part = auditor.get(LEDGER, **{"hx-request": "true"})
    assert part.text.startswith("<section"), "a script exchanges this part alone"


@pytest.mark.parametrize(
    ("roles", "places"),
    [(("officer",), ("",)), (("admin",), ("",)), (("auditor",), (ELSEWHERE,))],
)
def test_nobody_else_verifies(
    branch: Branch, roles: tuple[str, ...], places: tuple[str, ...]
) -> None:
    visitor = Visitor.of(branch, *roles, places=places)
    assert visitor.get(LEDGER).status_code == 403
    links: Any = visitor.get("/console/sessions").text
    assert f'href="{LEDGER}"' not in links
