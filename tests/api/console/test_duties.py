"""The page of duties apart: what the route answers, for administrators and auditors."""

from __future__ import annotations

import re
from contextlib import closing

from api.access.accounts import Accounts
from api.access.first_run import create_account
from api.core.settings import Settings
from model.policy.controls import DUTIES, controls_on
from tests.support.console.visitor import Visitor
from tests.support.fixtures.branch import Branch

HERE = "/console/accounts/duties"


def test_the_page_shows_pairs_holders_and_findings_of_the_route(branch_today: Branch) -> None:
    with closing(Accounts(Settings(branch_today.home))) as accounts:
        create_account(
            accounts,
            [("duty-1", ("officer", "reviewer"), ("371502",)), ("duty-2", ("officer",), ("",))],
        )
    told = branch_today.send("get", "/v1/duties", branch_today.headers("auditor")).json()
    apart = controls_on(branch_today.app.state.service.today()).duties_apart
    assert {frozenset((each["one"], each["other"])) for each in told["pairs"]} == apart
    assert apart
    page = Visitor.of(branch_today, "admin").get(HERE)
    assert page.status_code == 200
    (matrix,) = re.findall(r'<table class="pairs">.*?</table>', page.text, re.S)
    assert matrix.count("<strong>分开</strong>") == 2 * len(apart)
    assert matrix.count('scope="row"') == len(DUTIES)
    assert page.text.count('class="tag level-') == len(told["findings"])
    assert page.text.count("<details") == len(told["pairs"])
    joined = [each for each in told["findings"] if each["code"] == "ROLES_JOIN_DUTIES"]
    assert {"duty-1"} <= {name for each in joined for name in each["accounts"]}
    for each in told["findings"]:
        assert each["text"]["zh"] in page.text
        assert all(name in page.text for name in each["accounts"])


def test_the_page_of_accounts_leads_there(branch: Branch) -> None:
    assert f'href="{HERE}"' in Visitor.of(branch, "auditor").get("/console/accounts").text


def test_where_nothing_is_kept_apart_the_page_says_so(branch: Branch) -> None:
    page = Visitor.of(branch, "auditor").get(HERE)
    assert "一人可以办完整个案件" in page.text
    assert "今天没有成对的职责" in page.text
