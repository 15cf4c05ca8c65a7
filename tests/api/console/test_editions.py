"""Pages of editions: what is in use, what is held, what would change, and orders with a reason."""

from __future__ import annotations

import io
import re

import openpyxl

from tests.support.console.visitor import Visitor
from tests.support.fixtures.branch import ELSEWHERE, Branch
from tests.support.fixtures.operated import FIRST_DAY, HELD_DAY

EDITIONS, KEYS = "/console/editions", "/console/key-orders"


def _names(branch: Branch) -> tuple[str, str]:
    answer = branch.send("get", "/v1/editions", branch.headers("operator")).json()
    used, before = (each["name"] for each in answer["editions"])
    return used, before


def _held(branch: Branch) -> str:
    answer = branch.send("get", "/v1/editions", branch.headers("operator")).json()
    return str(answer["held"]["subject"])


def test_every_edition_leads_to_what_it_changes(operated: Branch) -> None:
    used, before = _names(operated)
    operator = Visitor.of(operated, "operator")
    page = operator.get(EDITIONS)
    assert f'href="{EDITIONS}/{used}?against={before}"' in page.text
    assert f'href="{EDITIONS}/{before}"' in page.text
    assert "以内" in operator.get(f"{EDITIONS}/{used}?against={before}").text


def test_a_run_that_is_held_is_ordered_with_a_reason_and_approved(operated: Branch) -> None:
    operator, manager = Visitor.of(operated, "operator"), Visitor.of(operated, "manager")
    page = operator.get(EDITIONS)
    assert f"待批准的名单 {HELD_DAY}" in page.text
    assert "档案表" in page.text
    order = f"{EDITIONS}/held/order"
    short = operator.submit(page, order, because="no")
    assert short.status_code == 422
    assert 'id="because-error"' in short.text
    because = "the flows of two months are late"
    assert operator.submit(page, order, because=because).headers["location"] == KEYS
    listed = operated.send("get", "/v1/key-orders", operated.headers("auditor")).json()
    (found,) = [each for each in listed if each["because"] == because]
    assert (found["act"], found["subject"]) == ("publish", _held(operated))
    waiting = operator.get(EDITIONS).text
    assert because in waiting
    assert order not in waiting
    assert manager.submit(manager.get(KEYS), f"{KEYS}/{found['id']}/approval").status_code == 303
    assert f"--resume --order {found['id']}" in operator.get(EDITIONS).text


def test_the_way_back_is_ordered_where_it_is_compared(operated: Branch) -> None:
    used, before = _names(operated)
    operator = Visitor.of(operated, "operator")
    page = operator.get(f"{EDITIONS}/{before}")
    assert f"退回到 {FIRST_DAY}" in page.text
    assert "rollback-order" not in operator.get(f"{EDITIONS}/{used}?against={before}").text
    order, because = f"{EDITIONS}/{before}/rollback-order", "a county is missing in the new one"
    assert "5 至 500" in operator.submit(page, order).text
    for _ in range(2):
        assert operator.submit(page, order, because=because).status_code == 303
    listed = operated.send("get", "/v1/key-orders", operated.headers("auditor")).json()
    (found,) = [each for each in listed if each["because"] == because]
    assert (found["act"], found["subject"]) == ("rollback", before)


def test_an_edition_is_not_compared_with_itself(operated: Branch) -> None:
    used, before = _names(operated)
    operator = Visitor.of(operated, "operator")
    assert f"{before[:10]} → {used[:10]}" in operator.get(f"{EDITIONS}/{used}").text
    alone = operator.get(f"{EDITIONS}/{before}?against={before}")
    assert alone.status_code == 200
    assert "没有可比的上一期" in alone.text
    assert "以内" not in alone.text


def test_an_auditor_reads_and_orders_nothing(operated: Branch) -> None:
    _, before = _names(operated)
    auditor = Visitor.of(operated, "auditor")
    for path in (EDITIONS, f"{EDITIONS}/{before}"):
        page = auditor.get(path)
        assert page.status_code == 200
        assert not re.search(r'<form method="post" action="/console/editions', page.text)
    answer = auditor.post(f"{EDITIONS}/{before}/rollback-order", {"token": "0" * 64})
    assert answer.status_code == 409


def test_an_order_without_the_token_of_the_form_does_nothing(operated: Branch) -> None:
    operator = Visitor.of(operated, "operator")
    fields = {"token": "0" * 64, "subject": _held(operated), "because": "for a stale form"}
    assert operator.post(f"{EDITIONS}/held/order", fields).status_code == 409
    assert "for a stale form" not in operator.get(KEYS).text


def test_an_edition_that_is_gone_is_told_in_a_sentence(operated: Branch) -> None:
    page = Visitor.of(operated, "operator").get(f"{EDITIONS}/2023-10-01-000000000000")
    assert page.status_code == 404
    assert "没有该期名单" in page.text


def test_who_works_in_some_places_alone_sees_no_edition(operated: Branch) -> None:
    visitor = Visitor.of(operated, "operator", places=(ELSEWHERE,))
    assert visitor.get(EDITIONS).status_code == 403


def test_the_workbooks_hold_what_is_on_the_pages(operated: Branch) -> None:
    used, before = _names(operated)
    operator = Visitor.of(operated, "operator")
    book = openpyxl.load_workbook(io.BytesIO(operator.get(f"{EDITIONS}.xlsx").content))
    assert [row[0] for row in book["editions"].values][1:] == [used, before]
    answer = operator.get(f"{EDITIONS}/{used}/differences.xlsx?against={before}")
    found = operated.send(
        "get", f"/v1/editions/{used}/differences?against={before}", operated.headers("operator")
    ).json()
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    moves = [list(row) for row in book["tiers"].values][1:]
    assert moves == [[m["before"], m["after"], m["members"]] for m in found["moves"]]
    assert len(list(book["limits"].values)) == 1 + len(found["measures"])
