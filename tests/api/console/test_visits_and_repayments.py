"""Visits, and what is repaid of a payment, at the console."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pyarrow.parquet as pq
import pytest

from api.console.visits import harvests_before
from api.core.principal import ROLES
from api.editions.in_use import today_in_china
from tests.support.console.visitor import Visitor, pay_out
from tests.support.fixtures.branch import ELSEWHERE, Branch

NOTE = "看了用工合同，复印件存网点"


@pytest.fixture(scope="module")
def branch(branch_today: Branch) -> Branch:
    return branch_today


@pytest.fixture(scope="module")
def rows(branch: Branch) -> list[dict[str, Any]]:
    found = pq.read_table(branch.home / "rows.parquet").to_pylist()
    return [row for row in found if row["tier"] == "FIRST" and row["limit_yuan"] >= 5_000]


def _person(branch: Branch, name: str, *roles: str) -> Visitor:
    return Visitor.of(branch, *roles, account=name)


def test_a_visit_is_recorded_shown_and_withdrawn(
    branch: Branch, rows: list[dict[str, Any]]
) -> None:
    here = f"/console/members/{rows[5]['member_id']}"
    visitor = _person(branch, "visitor", "officer")
    assert f'href="{here}/visit"' in visitor.get(here).text
    form = visitor.get(f"{here}/visit")
    season = max(harvests_before(today_in_china()))
    answer = visitor.submit(
        form, f"{here}/visit", visited_on=today_in_china().isoformat(), proof="document", note=NOTE,
        **{"income.wages": "36,000", "crop.1": "wheat", "season.1": season, "yield.1": "430"},
    )  # fmt: skip
    assert answer.headers["location"] == f"{here}#visits", answer.text
    text = visitor.get(here).text
    assert "工资 每年 ¥36,000" in text
    assert "亩产 430 公斤" in text
    assert NOTE in text
    (path,) = re.findall(rf'action="({here}/visits/[0-9a-f-]+/withdrawal)"', text)
    wrong = visitor.submit(visitor.get(here), path, reason="", note="好")
    assert wrong.status_code == 422
    assert "请选择撤回的原因" in wrong.text
    answer = visitor.submit(wrong, path, reason="wrong_figures", note="金额看错，按月误作按年")
    assert answer.status_code == 303, answer.text
    text = visitor.get(here).text
    assert "已撤回" in text
    assert path not in text


def test_a_visit_that_confirms_nothing_is_refused_and_loses_nothing(
    branch: Branch, rows: list[dict[str, Any]]
) -> None:
    here = f"/console/members/{rows[6]['member_id']}"
    visitor = _person(branch, "visitor", "officer")
    wrong = visitor.submit(visitor.get(f"{here}/visit"), f"{here}/visit", note=NOTE)
    assert wrong.status_code == 422
    assert "还没有填写核实的内容" in wrong.text
    assert NOTE in wrong.text
    wrong = visitor.submit(
        wrong, f"{here}/visit", visited_on="2020-01-01", note=NOTE,
        **{"income.wages": "three", "crop.1": "wheat", "crop.2": "wheat", "yield.1": "4"},
    )  # fmt: skip
    for said in ("请选择看到了什么", "请填写整数元", "同一作物只填一次"):
        assert said in wrong.text
    assert 'value="three"' in wrong.text
    assert "还没有走访" in visitor.get(here).text


def test_a_form_of_a_visit_sent_twice_records_one(
    branch: Branch, rows: list[dict[str, Any]]
) -> None:
    here = f"/console/members/{rows[7]['member_id']}"
    visitor = _person(branch, "visitor", "officer")
    form = visitor.get(f"{here}/visit")
    sent = {"visited_on": today_in_china().isoformat(), "proof": "witness", "note": NOTE,
            "resident_since": "2019-03-01"}  # fmt: skip
    for _ in range(3):
        assert visitor.submit(form, f"{here}/visit", **sent).status_code == 303
    assert visitor.get(here).text.count(NOTE) == 1


@pytest.mark.parametrize("role", ROLES)
def test_only_officers_find_the_forms_and_only_in_their_places(
    branch: Branch, rows: list[dict[str, Any]], role: str
) -> None:
    here = f"/console/members/{rows[0]['member_id']}"
    page = Visitor.of(branch, role).get(here)
    assert (f"{here}/visit" in page.text) == (role == "officer")
    away = Visitor.of(branch, role, places=(ELSEWHERE,)).get(f"{here}/visit")
    assert away.status_code in (403, 404)


@pytest.mark.parametrize(
    ("today", "seasons"),
    [
        (date(2026, 7, 1), ["2026-G", "2026-S", "2025-A", "2025-S"]),
        (date(2026, 5, 1), ["2025-A", "2025-G", "2025-S"]),
        (date(2026, 11, 30), ["2026-A", "2026-G", "2026-S"]),
    ],
)
def test_the_form_offers_the_harvests_that_can_be_the_last_before_the_visit(
    today: date, seasons: list[str]
) -> None:
    assert harvests_before(today) == seasons


def test_a_repayment_is_recorded_by_a_colleague_and_its_record_cancelled(
    branch: Branch, rows: list[dict[str, Any]]
) -> None:
    asker, payer, keeper = (_person(branch, n, "officer") for n in ("asker", "payer", "keeper"))
    ask = f"/console/members/{rows[8]['member_id']}/ask"
    asked = asker.submit(asker.get(ask), ask, amount_yuan="5000", months="12", purpose="inputs")
    path = asked.headers["location"]
    assert pay_out(payer, path, "5000").status_code == 303
    form = f"{path}/payments/1/repayments"
    page = keeper.get(path)
    wrong = keeper.submit(page, form, repaid_yuan="1000", repaid_on="2020-01-01")
    assert "请填写放款日至今天之间的一天" in wrong.text
    much = keeper.submit(page, form, repaid_yuan="6000", repaid_on=str(today_in_china()))
    assert "请填写整数元，1 至 5,000" in much.text
    assert 'id="repaid_yuan-error"' in much.text
    answer = keeper.submit(much, form, repaid_yuan="2,000", repaid_on=str(today_in_china()))
    assert answer.status_code == 303, answer.text
    page = keeper.get(path)
    assert "还款 1 ·" in page.text
    assert re.search(r"未还本金</dt><dd>¥3,000", page.text)
    assert f'action="{path}/payments/1/cancellation"' not in page.text, "repaid, so it stays"
    undo = f"{form}/1/cancellation"
    undone = _person(branch, "undoer", "officer")
    assert undone.submit(undone.get(path), undo).status_code == 303
    assert re.search(r"未还本金</dt><dd>¥5,000", undone.get(path).text)
