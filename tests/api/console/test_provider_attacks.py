"""Whoever abuses the sign-in at the identity provider, and a provider that does so itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from time import monotonic, sleep
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from api.access.discovery import Discovery
from tests.support.console.signing_in import (
    ATTEMPT,
    NEXT,
    SIGN_IN,
    START,
    assert_refused,
    changed,
    come_back,
    led_to,
    sent_back,
    sign_in,
    start,
)  # fmt: skip
from tests.support.console.visitor import Visitor
from tests.support.fixtures.branch import Branch
from tests.support.service.identity_provider import IdentityProvider


def test_another_site_begins_no_sign_in(newcomer: Visitor) -> None:
    page = newcomer.get(SIGN_IN)
    for answer in (
        newcomer.get(START),
        newcomer.post(START, {}),
        newcomer.submit(page, START, token="0" * 64),
        newcomer.post(START, {}, **{"Sec-Fetch-Site": "cross-site"}),
    ):
        assert answer.status_code in (400, 404, 409)
        assert ATTEMPT not in newcomer.cookies
    fields = {"token": re.findall(r'name="token" value="(\w+)"', page.text)[0]}
    answer = newcomer.post(START, fields, **{"Sec-Fetch-Site": "same-site"})
    assert (answer.status_code, ATTEMPT in newcomer.cookies) == (409, False)


ANSWERS: dict[str, Callable[[str], str]] = {
    "another state": lambda path: changed(path, state="A" * 43),
    "no state": lambda path: changed(path, state=None),
    "another issuer": lambda path: changed(path, iss="https://id.evil.example"),
    "no issuer although one is promised": lambda path: changed(path, iss=None),
    "no code": lambda path: changed(path, code=None, error="access_denied"),
    "another code": lambda path: changed(path, code="B" * 22),
    "a very long code": lambda path: changed(path, code="B" * 5_000),
}


@pytest.mark.parametrize("forged", ANSWERS.values(), ids=ANSWERS.keys())
def test_an_answer_that_is_not_the_providers_to_this_attempt_is_refused(
    newcomer: Visitor, provider: IdentityProvider, forged: Callable[[str], str]
) -> None:
    assert_refused(newcomer, come_back(newcomer, forged(sent_back(newcomer, provider))))


def test_nobody_is_signed_in_by_the_answer_to_somebody_elses_attempt(
    newcomer: Visitor, provider: IdentityProvider, provider_branch: Branch
) -> None:
    foreign = sent_back(Visitor(provider_branch), provider, "u-18")
    assert_refused(newcomer, come_back(newcomer, foreign))
    own = sent_back(newcomer, provider)
    code = parse_qs(urlsplit(foreign).query)["code"][0]
    # The state is right, so the code reaches the provider, which knows it by another challenge.
    assert_refused(newcomer, come_back(newcomer, changed(own, code=code)))


def test_an_answer_is_good_once(newcomer: Visitor, provider: IdentityProvider) -> None:
    path = sent_back(newcomer, provider)
    attempt = newcomer.cookies[ATTEMPT]
    assert led_to(come_back(newcomer, path)) == NEXT
    for kept in ({}, {ATTEMPT: attempt}):
        again = Visitor(newcomer.branch, cookies=dict(kept))
        assert_refused(again, come_back(again, path))


def _unsigned(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "", algorithm="none", headers={"kid": "one", "typ": "JWT"})


def _foreign(claims: dict[str, Any]) -> str:
    key = generate_private_key(65537, 2048)
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": "one", "typ": "JWT"})


ID_TOKENS: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "C" * 43},
    "no nonce": {"nonce": None},
    "another client": {"aud": "payroll"},
    "others too, without an authorized party": {"aud": ["rongzi-console", "payroll"]},
    "another authorized party": {"azp": "payroll"},
    "another issuer": {"iss": "https://id.evil.example"},
    "expired": {"iat": 1_700_000_000, "exp": 1_700_000_300},
    "another person": {"sub": "u-18"},
    "another access token": {"at_hash": "D" * 22},
}


@pytest.mark.parametrize("claims", ID_TOKENS.values(), ids=ID_TOKENS.keys())
def test_an_id_token_that_is_not_of_this_sign_in_is_refused(
    newcomer: Visitor, provider: IdentityProvider, claims: dict[str, Any]
) -> None:
    provider.id_claims.update(claims)
    assert_refused(newcomer, sign_in(newcomer, provider))


@pytest.mark.parametrize("signed", [_unsigned, _foreign])
def test_an_id_token_that_the_provider_did_not_sign_is_refused(
    newcomer: Visitor, provider: IdentityProvider, signed: Callable[[dict[str, Any]], str]
) -> None:
    provider.signed = signed
    assert_refused(newcomer, sign_in(newcomer, provider))


@pytest.mark.parametrize("claims", [{"aud": "payroll"}, {"exp": 1_700_000_300}])
def test_an_access_token_for_another_service_or_of_the_past_begins_no_session(
    newcomer: Visitor, provider: IdentityProvider, claims: dict[str, Any]
) -> None:
    provider.access_claims.update(claims)
    assert_refused(newcomer, sign_in(newcomer, provider))


@pytest.mark.parametrize(
    "wanted", ["https://evil.example", "//evil.example", "/console/\\evil.example", "/v1/me"]
)
def test_a_sign_in_leads_to_no_other_site(
    newcomer: Visitor, provider: IdentityProvider, wanted: str
) -> None:
    newcomer.cookies["__Host-rongzi-next"] = wanted
    sign_in(newcomer, provider)
    answer = newcomer.get(f"{NEXT}?{urlencode({'next': wanted})}")
    assert answer.headers["location"] == "/console/"


def test_a_token_too_large_for_a_cookie_is_told(
    newcomer: Visitor, provider: IdentityProvider
) -> None:
    provider.access_claims["groups"] = ["a-long-name-of-a-group"] * 150
    answer = sign_in(newcomer, provider)
    assert_refused(newcomer, answer, 502)
    assert "凭证过大" in answer.text


def _with(status: int, body: bytes, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, text in headers.items():
            request.send_header(name, text)
        request.end_headers()
        request.wfile.write(body)

    return answer


def _drop_by_drop(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    for _ in range(50):
        request.wfile.write(b" ")
        sleep(0.1)


TOKEN_ANSWERS: dict[str, tuple[Callable[[BaseHTTPRequestHandler], None], int]] = {
    "a refusal": (_with(400, b'{"error":"invalid_grant"}'), 400),
    "no token": (_with(200, b"{}"), 400),
    "a fault": (_with(500, b""), 503),
    "something else": (_with(200, b"<html>"), 503),
    "a list": (_with(200, b"[]"), 503),
    "a redirect": (_with(302, b"", Location="http://127.0.0.1:9/"), 503),
    "too much": (_with(200, b" " * 300_000), 503),
    "drop by drop": (_drop_by_drop, 503),
}


@pytest.mark.parametrize(("answers", "status"), TOKEN_ANSWERS.values(), ids=TOKEN_ANSWERS.keys())
def test_a_provider_that_gives_no_tokens_ends_in_a_plain_notice(
    newcomer: Visitor,
    provider: IdentityProvider,
    answers: Callable[[BaseHTTPRequestHandler], None],
    status: int,
) -> None:
    provider.answers = answers
    path, begun = sent_back(newcomer, provider), monotonic()
    assert_refused(newcomer, come_back(newcomer, path), status)
    assert monotonic() - begun < 4


DESCRIPTIONS: dict[str, dict[str, Any]] = {
    "another issuer": {"issuer": "https://id.evil.example"},
    "no address": {"authorization_endpoint": None},
    "an address that others can read": {"authorization_endpoint": "http://id.example.org/a"},
    "a script": {"authorization_endpoint": "javascript:alert(1)"},
    "no challenge": {"code_challenge_methods_supported": ["plain"]},
}


@pytest.mark.parametrize("described", DESCRIPTIONS.values(), ids=DESCRIPTIONS.keys())
def test_a_provider_that_describes_itself_otherwise_is_not_asked(
    newcomer: Visitor, provider: IdentityProvider, described: dict[str, Any]
) -> None:
    provider.described.update(described)
    answer = start(newcomer)
    assert_refused(newcomer, answer, 503)
    assert "身份认证服务暂时不可用" in answer.text


def test_a_description_is_asked_for_once_and_an_absent_provider_not_at_once_again(
    newcomer: Visitor, provider: IdentityProvider
) -> None:
    provider.asked.clear()
    for _ in range(3):
        assert start(newcomer).status_code == 200
    assert len(provider.asked) == 1
    flow = newcomer.branch.app.state.access_control.code_flow
    flow._discovery = Discovery("http://127.0.0.1:9")
    newcomer.cookies.clear()
    assert_refused(newcomer, start(newcomer), 503)
    flow._discovery._issuer = provider.issuer
    assert_refused(newcomer, start(newcomer), 503)
