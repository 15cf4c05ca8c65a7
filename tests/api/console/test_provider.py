"""Signing in at the identity provider from the console, and out again."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from api.access.discovery import Discovery
from api.core.settings import REDIRECT_PATH
from tests.support.console.signing_in import (
    ATTEMPT,
    NEXT,
    SIGN_IN,
    START,
    assert_refused,
    come_back,
    cookie,
    led_to,
    sign_in,
    start,
)  # fmt: skip
from tests.support.console.visitor import BASE, SESSION, Visitor
from tests.support.fixtures.branch import Branch
from tests.support.service.identity_provider import IdentityProvider


def test_a_person_of_the_provider_works_at_the_console_with_their_roles_and_places(
    newcomer: Visitor, provider: IdentityProvider, provider_branch: Branch
) -> None:
    village = f"/console/villages/{provider_branch.member['village_code']}"
    wanted = newcomer.get(village)
    assert wanted.headers["location"] == SIGN_IN
    begun = start(newcomer)
    for attribute in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=600"):
        assert attribute.lower() in cookie(begun, ATTEMPT)
    assert "form-action 'self';" in begun.headers["content-security-policy"]
    asked = parse_qs(urlsplit(led_to(begun)).query)
    attempt = newcomer.cookies[ATTEMPT].split(".")
    assert (asked["state"], asked["nonce"]) == ([attempt[0]], [attempt[1]])
    assert attempt[2] not in led_to(begun)
    back = come_back(newcomer, provider.sign_in(led_to(begun), "u-17").removeprefix(BASE))
    assert back.headers["referrer-policy"] == "no-referrer"
    for attribute in ("HttpOnly", "SameSite=Strict", "Secure", "Path=/", "Max-Age="):
        assert attribute.lower() in cookie(back, SESSION)
    assert led_to(back) == NEXT
    assert ATTEMPT not in newcomer.cookies
    assert newcomer.get(NEXT).headers["location"] == village
    assert newcomer.get(village).status_code == 200
    assert newcomer.get("/console/ledger").status_code == 403
    other = Visitor(provider_branch)
    sign_in(other, provider, "u-18")
    assert other.get(village).status_code == 404


def test_tokens_signed_on_a_curve_are_good_too(
    newcomer: Visitor, provider: IdentityProvider
) -> None:
    provider.algorithm = "ES384"
    assert led_to(sign_in(newcomer, provider)) == NEXT
    assert newcomer.get("/console/villages").status_code == 200
    provider.id_claims["at_hash"] = "D" * 32
    again = Visitor(newcomer.branch)
    assert_refused(again, sign_in(again, provider))


def test_the_sign_in_and_what_was_read_are_on_record(
    newcomer: Visitor, provider: IdentityProvider, provider_branch: Branch
) -> None:
    sign_in(newcomer, provider)
    newcomer.get(NEXT)
    page = newcomer.get(f"/console/villages/{provider_branch.member['village_code']}")
    auditor = Visitor(provider_branch)
    sign_in(auditor, provider, "u-19")
    bearer = {"Authorization": f"Bearer {auditor.cookies[SESSION]}"}
    rows = provider_branch.send("get", "/v1/accesses?page_size=50", bearer).json()["rows"]
    (read,) = [r for r in rows if r["request_id"] == page.headers["x-request-id"]][:1]
    assert (read["actor"], read["route"]) == ("u-17", "get_village_sheet")
    events = [r for r in rows if r["route"] == "provider_sign_in" and r["account"] == "u-17"]
    assert "officer" in events[0]["detail"]


def test_signing_out_ends_the_session_here_and_offers_the_providers_end(
    newcomer: Visitor, provider: IdentityProvider
) -> None:
    sign_in(newcomer, provider)
    answer = newcomer.submit(newcomer.get("/console/villages"), "/console/sign-out")
    assert answer.headers["location"] == SIGN_IN
    assert SESSION not in newcomer.cookies
    page = newcomer.get(SIGN_IN)
    assert "已退出登录" in page.text
    ended = urlsplit(led_to(newcomer.submit(page, "/console/sign-in/end")))
    assert (ended.path, parse_qs(ended.query)["post_logout_redirect_uri"]) == (
        "/end",
        [BASE + SIGN_IN],
    )
    provider.described["end_session_endpoint"] = None
    newcomer.branch.app.state.access_control.code_flow._discovery = Discovery(provider.issuer)
    answer = newcomer.submit(newcomer.get(SIGN_IN), "/console/sign-in/end")
    assert (answer.status_code, "请关闭浏览器" in answer.text) == (404, True)


def test_a_form_that_was_sent_too_late_waits_for_the_sign_in(
    newcomer: Visitor, provider: IdentityProvider
) -> None:
    sign_in(newcomer, provider)
    form = newcomer.get("/console/search")
    newcomer.cookies.pop(SESSION)
    late = newcomer.submit(form, "/console/search", name="无此人")
    assert (late.status_code, "新的标签页" in late.text) == (401, True)
    assert led_to(newcomer.submit(late, START))
    sign_in(newcomer, provider)
    kept = dict(re.findall(r'name="(name|key)" value="([^"]*)"', late.text))
    again = newcomer.post("/console/search", kept)
    assert (again.status_code, 'value="无此人"' in again.text) == (409, True)
    assert newcomer.submit(again, "/console/search", name="无此人").status_code == 200


def test_without_these_settings_the_page_says_so_and_the_addresses_are_absent(
    branch: Branch, newcomer: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_home = Visitor(branch)
    page = at_home.get(SIGN_IN)
    assert START not in page.text
    token = re.findall(r'name="token" value="(\w+)"', page.text)[0]
    assert at_home.post(START, {"token": token}).status_code == 404
    assert at_home.get(f"{REDIRECT_PATH}?state=a&code=b").status_code == 404
    monkeypatch.setattr(newcomer.branch.app.state.access_control, "code_flow", None)
    assert "这里尚未设置从它登录" in newcomer.get(SIGN_IN).text
