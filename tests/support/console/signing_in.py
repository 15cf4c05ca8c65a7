"""Steps of a sign-in at an identity provider, as a browser without scripts takes them."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from tests.support.console.visitor import BASE, REFRESH, SESSION, Visitor
from tests.support.service.identity_provider import IdentityProvider

SIGN_IN, START, NEXT = "/console/sign-in", "/console/sign-in/provider", "/console/sign-in/next"
ATTEMPT = "__Host-rongzi-attempt"


def led_to(page: httpx.Response) -> str:
    """Return the address that a page leads on to by itself."""
    (found,) = re.findall(r'<meta http-equiv="refresh" content="0; url=([^"]*)">', page.text)
    return unescape(found)


def start(visitor: Visitor) -> httpx.Response:
    return visitor.submit(visitor.get(SIGN_IN), START)


def sent_back(visitor: Visitor, provider: IdentityProvider, person: str = "u-17") -> str:
    """Begin a sign-in and sign in at the provider; return the path that leads back."""
    back = provider.sign_in(led_to(start(visitor)), person)
    assert back.startswith(provider.redirect)
    return back.removeprefix(BASE)


def come_back(visitor: Visitor, path: str) -> httpx.Response:
    """Ask for a page as a browser that comes from another site, without strict cookies."""
    kept, visitor.cookies = visitor.cookies, {
        name: text for name, text in visitor.cookies.items() if name == ATTEMPT
    }  # fmt: skip
    answer = visitor.get(path, **{"Sec-Fetch-Site": "cross-site"})
    spent = ATTEMPT not in visitor.cookies
    visitor.cookies = {**kept, **visitor.cookies}
    if spent:
        visitor.cookies.pop(ATTEMPT, None)
    return answer


def sign_in(visitor: Visitor, provider: IdentityProvider, person: str = "u-17") -> httpx.Response:
    return come_back(visitor, sent_back(visitor, provider, person))


def cookie(answer: httpx.Response, name: str) -> str:
    (found,) = [line for line in answer.headers.get_list("set-cookie") if line.startswith(name)]
    return found.lower()


def changed(path: str, **query: str | None) -> str:
    parts = urlsplit(path)
    asked = {name: texts[0] for name, texts in parse_qs(parts.query).items()} | query
    return f"{parts.path}?{urlencode({n: each for n, each in asked.items() if each is not None})}"


def assert_refused(visitor: Visitor, answer: httpx.Response, status: int = 400) -> None:
    assert answer.status_code == status, answer.text
    assert {SESSION, REFRESH, ATTEMPT} & visitor.cookies.keys() == set()
    assert 'http-equiv="refresh"' not in answer.text
    assert f'action="{START}"' in answer.text
