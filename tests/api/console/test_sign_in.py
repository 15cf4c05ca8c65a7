"""Signing in and out at the console: cookies, tokens of forms, and a session that ends."""

from __future__ import annotations

import re

import httpx
import pytest

from api.access.first_run import create_account
from api.access.issuer import TOKEN_SECONDS
from tests.support.console.visitor import REFRESH, SESSION, Visitor, hidden_fields
from tests.support.fixtures.branch import Branch
from tests.support.service.running import wait_until

SIGN_IN = "/console/sign-in"


@pytest.fixture(scope="module")
def password(branch: Branch) -> str:
    """The password of the officer ``counter-1`` of everywhere."""
    from contextlib import closing

    from api.access.accounts import Accounts
    from api.core.settings import Settings

    with closing(Accounts(Settings(branch.home))) as accounts:
        (new,) = create_account(accounts, [("counter-1", ("officer",), ("",))])
    return new.password


@pytest.fixture
def visitor(branch: Branch) -> Visitor:
    return Visitor(branch)


def _sign_in(visitor: Visitor, password: str) -> httpx.Response:
    page = visitor.get(SIGN_IN)
    return visitor.submit(page, SIGN_IN, username="counter-1", password=password)


def test_a_password_begins_a_session_that_only_the_browser_can_read(
    visitor: Visitor, password: str
) -> None:
    page = visitor.get(SIGN_IN)
    answer = visitor.submit(page, SIGN_IN, username="counter-1", password=password)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")
    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if SESSION in each]
    for attribute in (
        "HttpOnly",
        "SameSite=strict",
        "Secure",
        "Path=/",
        f"Max-Age={TOKEN_SECONDS}",
    ):
        assert attribute.lower() in cookie.lower()
    first = visitor.get("/console/")
    assert first.headers["location"] == "/console/villages"
    assert visitor.get("/console/villages").status_code == 200


def test_on_this_machine_a_session_needs_no_tls(branch: Branch, password: str) -> None:
    visitor = Visitor(branch)
    page = visitor.get("http://127.0.0.1:8000/console/sign-in")
    assert "secure" not in page.headers["set-cookie"].lower()
    assert "__Host-" not in page.headers["set-cookie"]


def test_a_wrong_password_is_told_in_words_and_the_account_stays_filled_in(
    visitor: Visitor, password: str
) -> None:
    answer = _sign_in(visitor, "not the password")
    assert answer.status_code == 400
    assert "账号或密码不正确" in answer.text
    assert 'value="counter-1"' in answer.text
    assert "not the password" not in answer.text
    assert SESSION not in visitor.cookies


def test_signing_out_ends_the_session_here_and_in_the_service(
    branch: Branch, visitor: Visitor, password: str
) -> None:
    _sign_in(visitor, password)
    token = visitor.cookies[SESSION]
    page = visitor.get("/console/villages")
    answer = visitor.submit(page, "/console/sign-out")
    assert answer.headers["location"] == SIGN_IN
    assert SESSION not in visitor.cookies
    assert visitor.get("/console/villages").headers["location"] == SIGN_IN
    kept = Visitor(branch, cookies={SESSION: token})
    wait_until(lambda: kept.get("/console/villages").status_code == 303, "refused", seconds=10)


def test_a_session_goes_on_when_its_token_ends(visitor: Visitor, password: str) -> None:
    _sign_in(visitor, password)
    form = visitor.get("/console/search")
    refresh = visitor.cookies[REFRESH]
    del visitor.cookies[SESSION]
    again = Visitor(visitor.branch, cookies=dict(visitor.cookies))
    assert visitor.get("/console/villages").status_code == 200
    assert visitor.cookies[REFRESH] != refresh
    # A second tab that sent the same refresh token meanwhile goes on too.
    assert again.get("/console/search").status_code == 200
    assert again.cookies[SESSION] == visitor.cookies[SESSION]
    # A form of before the renewal is still good.
    assert visitor.submit(form, "/console/search", name="无此人").status_code == 200


def test_signing_out_after_the_token_ended_ends_the_session_too(
    visitor: Visitor, password: str
) -> None:
    _sign_in(visitor, password)
    page = visitor.get("/console/search")
    del visitor.cookies[SESSION]
    visitor.submit(page, "/console/sign-out")
    assert not {SESSION, REFRESH} & visitor.cookies.keys()


def test_a_part_of_a_page_is_refused_as_a_whole_once_the_session_is_over(branch: Branch) -> None:
    visitor = Visitor(branch, cookies={SESSION: "ended"})
    part = visitor.get("/console/villages?cursor=x", **{"HX-Request": "true"})
    assert (part.status_code, part.text) == (401, "")


def test_forms_of_before_a_sign_in_are_not_accepted_after_it(
    visitor: Visitor, password: str
) -> None:
    _sign_in(visitor, password)
    old = visitor.get("/console/search")
    _sign_in(visitor, password)
    assert visitor.submit(old, "/console/search", name="无此人").status_code == 409


def test_whoever_must_sign_in_first_comes_to_the_page_that_was_wanted(
    visitor: Visitor, password: str
) -> None:
    refused = visitor.get("/console/search")
    assert (refused.status_code, refused.headers["location"]) == (303, SIGN_IN)
    assert _sign_in(visitor, password).headers["location"] == "/console/search"


@pytest.mark.parametrize(
    "path", ["//elsewhere.example/x", "https://elsewhere.example", "/console/\\x", "/v1/me", ""]
)
def test_nobody_is_sent_to_a_page_outside_the_console(
    branch: Branch, password: str, path: str
) -> None:
    visitor = Visitor(branch, cookies={"__Host-rongzi-next": path})
    assert _sign_in(visitor, password).headers["location"] == "/console/"


def test_a_form_without_the_token_of_the_session_does_nothing(
    branch: Branch, password: str
) -> None:
    visitor = Visitor.of(branch, "officer")
    member = branch.member["member_id"]
    path = f"/console/members/{member}/ask"
    fields = hidden_fields(visitor.get(path), path)
    asked = {"amount_yuan": "7000", "months": "12", "purpose": "inputs"}
    before = visitor.get(f"/console/members/{member}").text.count("/console/decisions/")
    for token in ("", "0" * 64, Visitor.of(branch, "reviewer").token or ""):
        answer = visitor.post(path, fields | asked | {"token": token})
        assert answer.status_code == 409
        assert "此页面来自之前的登录" in answer.text
        assert 'value="7000"' in answer.text
    after = visitor.get(f"/console/members/{member}").text.count("/console/decisions/")
    assert before == after


def test_a_form_of_another_site_does_nothing_even_with_the_token(branch: Branch) -> None:
    visitor = Visitor.of(branch, "officer")
    path = f"/console/members/{branch.member['member_id']}/ask"
    fields = hidden_fields(visitor.get(path), path) | {"amount_yuan": "7000", "months": "12"}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        assert visitor.post(path, fields | {"purpose": "inputs"}, **headers).status_code == 409


def test_a_session_that_ends_in_the_middle_of_a_form_loses_nothing(
    branch: Branch, password: str
) -> None:
    visitor = Visitor.of(branch, "officer")
    path = f"/console/members/{branch.member['member_id']}/ask"
    page = visitor.get(path)
    key = hidden_fields(page, path)["key"]
    visitor.cookies[SESSION] = "ended"
    asked = {"amount_yuan": "7100", "months": "11", "purpose": "trade"}
    ended = visitor.submit(page, path, **asked)
    assert ended.status_code == 401
    assert "登录已到期" in ended.text
    back = visitor.submit(ended, SIGN_IN, username="counter-1", password=password)
    assert back.status_code == 200
    for kept in ('value="7100"', 'value="11"', key, "已重新登录"):
        assert kept in back.text
    assert re.search(r'value="trade" checked', back.text)
    answer = visitor.submit(back, path, **asked)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/decisions/")


def test_a_wrong_password_in_between_loses_nothing_either(branch: Branch, password: str) -> None:
    visitor = Visitor.of(branch, "officer")
    path = f"/console/members/{branch.member['member_id']}/ask"
    page = visitor.get(path)
    visitor.cookies[SESSION] = "ended"
    ended = visitor.submit(page, path, amount_yuan="7200", months="10", purpose="land")
    wrong = visitor.submit(ended, SIGN_IN, username="counter-1", password="not the password")
    back = visitor.submit(wrong, SIGN_IN, username="counter-1", password=password)
    assert 'value="7200"' in back.text


def test_a_form_that_another_site_sends_is_not_carried_through_a_sign_in(branch: Branch) -> None:
    visitor = Visitor(branch)
    path = f"/console/members/{branch.member['member_id']}/ask"
    answer = visitor.post(path, {"amount_yuan": "7000"}, **{"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 303
    assert "7000" not in answer.text


def test_a_reader_may_choose_english_and_comes_back_to_the_same_page(branch: Branch) -> None:
    visitor = Visitor.of(branch, "officer")
    page = visitor.get("/console/search")
    assert '<html lang="zh-CN">' in page.text
    answer = visitor.submit(page, "/console/language", language="en")
    assert answer.headers["location"] == "/console/search"
    english = visitor.get("/console/search")
    assert '<html lang="en">' in english.text
    assert "Find a member" in english.text


@pytest.mark.parametrize(
    ("shown", "opened"),
    [
        ("/console/members/M371500000001/consent", "/console/"),
        ("/console/nothing-here", "/console/"),
        ("/console/decisions?outcome=REFER", "/console/decisions?outcome=REFER"),
    ],
)
def test_who_chooses_a_language_is_sent_to_a_page_that_opens(
    branch: Branch, shown: str, opened: str
) -> None:
    visitor = Visitor.of(branch, "reviewer")
    page = visitor.get("/console/search")
    answer = visitor.submit(page, "/console/language", language="en", back=shown)
    assert answer.headers["location"] == opened


def test_a_link_of_another_site_ends_no_session(branch: Branch) -> None:
    # Such a link brings no strict cookie along, so the service sees nobody signed in.
    answer = Visitor(branch).get("/console/villages", **{"Sec-Fetch-Site": "cross-site"})
    assert answer.headers["location"] == SIGN_IN
    assert not [each for each in answer.headers.get_list("set-cookie") if SESSION in each]
    ended = Visitor(branch, cookies={SESSION: "no token"}).get("/console/villages")
    assert [each for each in ended.headers.get_list("set-cookie") if SESSION in each]
