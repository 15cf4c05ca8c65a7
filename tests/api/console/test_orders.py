"""Pages of orders: four eyes, a reason, once, and exactly what was written."""

from __future__ import annotations

import io
import re
import zipfile

import pytest

from tests.support.console.visitor import Visitor
from tests.support.fixtures.branch import ELSEWHERE, Branch

ACCOUNTS, KEYS = "/console/accounts", "/console/key-orders"
EDITION = "2023-10-01-0a1b2c3d4e5f"
BECAUSE = "rows of a county are missing"


def _change(branch: Branch, by: Visitor, **fields: str) -> int:
    path = f"{ACCOUNTS}/orders"
    return by.submit(by.get(ACCOUNTS), path, **fields).status_code


def _ids(page: str, because: str) -> list[str]:
    rows = [row for row in page.split('<li class="row') if because in row]
    return re.findall(r"(?:申请) ([0-9a-f]{8})", "".join(rows))


@pytest.fixture
def admin(branch: Branch) -> Visitor:
    return Visitor.of(branch, "admin")


def test_a_new_account_is_ordered_with_the_rights_that_were_ticked(
    branch: Branch, admin: Visitor
) -> None:
    rights = {"role.officer": "on", "places": "371502， 371503001"}
    wanted = {"action": "add", "account": "wang.li", "because": "starts on Monday"}
    assert _change(branch, admin, **wanted, **rights) == 303
    (order,) = [
        each
        for each in branch.send("get", "/v1/account-orders", branch.headers("admin")).json()
        if each["account"] == "wang.li"
    ]
    assert (order["roles"], order["places"]) == (["officer"], ["371502", "371503001"])
    assert order["because"] == "starts on Monday"


def test_a_press_too_many_orders_once(branch: Branch, admin: Visitor) -> None:
    wanted = {"action": "reset", "account": "admin.all", "because": "forgot the password twice"}
    other = Visitor.of(branch, "admin", "auditor")
    for _ in range(2):
        assert _change(branch, other, **wanted) == 303
    assert len(_ids(admin.get(ACCOUNTS).text, wanted["because"])) == 1


def test_what_is_missing_is_marked_and_what_was_filled_in_comes_back(
    branch: Branch, admin: Visitor
) -> None:
    path = f"{ACCOUNTS}/orders"
    fields = {"action": "add", "account": "Wang Li", "places": "37", "because": "starts on Monday"}
    answer = admin.submit(admin.get(ACCOUNTS), path, **fields, **{"role.head": "on"})
    assert answer.status_code == 422
    assert 'value="Wang Li"' in answer.text
    assert re.search(r'name="role.head" value="on" checked', answer.text)
    assert 'id="account-error"' in answer.text
    assert 'id="places-error"' in answer.text


def test_nobody_orders_a_change_of_their_own_account(branch: Branch, admin: Visitor) -> None:
    fields = {"action": "reset", "account": "admin.all", "because": "would like another"}
    answer = admin.submit(admin.get(ACCOUNTS), f"{ACCOUNTS}/orders", **fields)
    assert answer.status_code == 403
    assert "须由另一人办理" in answer.text


def test_an_order_for_the_key_takes_somebody_else_once(branch: Branch) -> None:
    operator, manager = Visitor.of(branch, "operator"), Visitor.of(branch, "manager")
    fields = {"act": "rollback", "subject": EDITION, "because": BECAUSE}
    for _ in range(2):
        assert operator.submit(operator.get(KEYS), KEYS, **fields).status_code == 303
    (order,) = _ids(operator.get(KEYS).text, BECAUSE)
    approval = f"{KEYS}/{order}/approval"
    assert approval not in operator.get(KEYS).text
    page = manager.get(KEYS)
    assert manager.submit(page, approval).status_code == 303
    assert manager.submit(page, approval).status_code == 303
    assert approval not in manager.get(KEYS).text
    listed = branch.send("get", "/v1/key-orders", branch.headers("auditor")).json()
    (found,) = [each for each in listed if each["id"] == order]
    assert (found["approved_by"], found["is_approved"]) == (["manager.all"], True)


def test_a_late_second_approver_is_told_that_it_is_done(branch: Branch) -> None:
    analyst, manager = Visitor.of(branch, "analyst"), Visitor.of(branch, "manager")
    head = Visitor.of(branch, "head")
    fields = {"act": "publish", "subject": "ab" * 32, "because": "the list of October"}
    analyst.submit(analyst.get(KEYS), KEYS, **fields)
    (order,) = _ids(analyst.get(KEYS).text, fields["because"])
    approval, page = f"{KEYS}/{order}/approval", head.get(KEYS)
    manager.submit(manager.get(KEYS), approval)
    late = head.submit(page, approval)
    assert late.status_code == 409
    assert "该申请不能再办理" in late.text


def test_an_approval_without_the_token_of_the_form_does_nothing(branch: Branch) -> None:
    operator, manager = Visitor.of(branch, "operator"), Visitor.of(branch, "manager")
    fields = {"act": "rollback", "subject": EDITION, "because": "for a stale form"}
    operator.submit(operator.get(KEYS), KEYS, **fields)
    (order,) = _ids(operator.get(KEYS).text, fields["because"])
    assert manager.post(f"{KEYS}/{order}/approval", {"token": "0" * 64}).status_code == 409
    assert f"{KEYS}/{order}/approval" in manager.get(KEYS).text


def test_who_works_in_some_places_alone_sees_no_orders(branch: Branch) -> None:
    for role, path in (("admin", ACCOUNTS), ("operator", KEYS)):
        assert Visitor.of(branch, role, places=(ELSEWHERE,)).get(path).status_code == 403


def test_an_auditor_takes_the_evidence_along(branch: Branch) -> None:
    here = f"/console/decisions/{branch.decision}"
    auditor = Visitor.of(branch, "auditor")
    assert f'href="{here}/evidence.zip"' in auditor.get(here).text
    answer = auditor.get(f"{here}/evidence.zip")
    assert answer.headers["content-type"] == "application/zip"
    assert branch.decision in answer.headers["content-disposition"]
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
