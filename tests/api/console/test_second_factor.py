"""Enrolling an authenticator at the console: shown once, confirmed by a code, then asked for."""

from __future__ import annotations

import base64
import re
import time
from contextlib import closing

import pytest

from api.access.accounts import Accounts
from api.access.first_run import create_account
from api.access.one_time_codes import code_of_step, step_of
from api.core.settings import Settings
from tests.support.console.visitor import Visitor
from tests.support.fixtures.branch import Branch

HERE, THEN = "/console/second-factor", "/console/second-factor/confirmation"
SIGN_IN = "/console/sign-in"
NAME = "holder-1"


@pytest.fixture(scope="module")
def password(branch: Branch) -> str:
    """The password of an officer who has no authenticator yet."""
    with closing(Accounts(Settings(branch.home))) as accounts:
        (new,) = create_account(accounts, [(NAME, ("officer",), ("",))])
    return new.password


def test_an_authenticator_is_enrolled_and_then_asked_for(branch: Branch, password: str) -> None:
    visitor = Visitor(branch)
    assert HERE in visitor.get(SIGN_IN).text
    shown = visitor.submit(visitor.get(HERE), HERE, username=NAME, password=password)
    assert shown.status_code == 200, shown.text
    assert shown.headers["cache-control"] == "no-store"
    (written,) = re.findall(r'<p class="secret"><code>([A-Z2-7 ]+)</code>', shown.text)
    assert f"secret={written.replace(' ', '')}" in shown.text
    secret = base64.b32decode(written.replace(" ", ""))
    assert password not in shown.text
    wrong = visitor.submit(shown, THEN, username=NAME, password=password, code="12")
    assert wrong.status_code == 422
    code = code_of_step(secret, step_of(time.time()))
    done = visitor.submit(wrong, THEN, username=NAME, password=password, code=code)
    assert (done.status_code, "已绑定" in done.text) == (200, True)
    assert written not in done.text
    alone = visitor.submit(visitor.get(SIGN_IN), SIGN_IN, username=NAME, password=password)
    assert alone.status_code == 400
    later = code_of_step(secret, step_of(time.time()) + 1)
    entered = visitor.submit(
        visitor.get(SIGN_IN), SIGN_IN, username=NAME, password=password, code=later
    )
    assert entered.headers["location"] == "/console/"
    again = visitor.submit(visitor.get(HERE), HERE, username=NAME, password=password)
    assert again.status_code == 409
    assert "须由两位管理员解除" in again.text


def test_without_the_password_no_secret_is_shown(branch: Branch) -> None:
    visitor = Visitor(branch)
    refused = visitor.submit(visitor.get(HERE), HERE, username=NAME, password="not the password")
    assert refused.status_code in (400, 409)
    assert 'class="secret"' not in refused.text


def test_a_form_of_another_site_enrols_nothing(branch: Branch, password: str) -> None:
    refused = Visitor(branch).post(HERE, {"username": NAME, "password": password, "token": "x"})
    assert refused.status_code == 409
    assert 'class="secret"' not in refused.text
