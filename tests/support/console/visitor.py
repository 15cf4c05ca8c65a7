"""A browser without scripts: keeps cookies, follows nothing, sends forms of the pages it sees."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import httpx

from tests.support.fixtures.branch import Branch

BASE = "https://service"
SESSION, REFRESH = "__Host-rongzi-session", "__Host-rongzi-refresh"
_FIELD = re.compile(r'<input type="hidden" name="(\w[\w.]*)" value="([^"]*)">')


@dataclass
class Visitor:
    """A browser at the console of `branch`; `token` is what a session cookie would hold."""

    branch: Branch
    token: str | None = None
    cookies: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, branch: Branch, *roles: str, places: tuple[str, ...] = ("",), account: str = ""
    ) -> Visitor:
        """Return the browser of a caller with these roles and places, signed in.

        Duties are kept apart by account: `account` names one of its own.
        """
        headers = branch.headers(*roles, places=places, account=account)
        token = headers["Authorization"].removeprefix("Bearer ")
        return cls(branch, token, {SESSION: token})

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask for a page."""
        return self._send("GET", path, headers=headers)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        """Send a form as it is."""
        return self._send("POST", path, data=fields, headers=headers)

    def submit(
        self, page: httpx.Response, path: str, /, at: int = 0, **fields: str
    ) -> httpx.Response:
        """Fill in the form of `page` that goes to `path`, the first or number `at`, and send it."""
        return self.post(path, hidden_fields(page, path, at) | fields)

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(self.branch.app, client=("192.0.2.7", 1))
            async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
                client.cookies.update(self.cookies)
                response = await client.request(method, path, **options)
                self._keep(response)
                return response

        return self.branch.loop.run_until_complete(answer())

    def _keep(self, response: httpx.Response) -> None:
        for line in response.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            if "Max-Age=0" in line or value in ("", '""'):
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value.strip('"')


def pay_out(visitor: Visitor, path: str, yuan: str) -> httpx.Response:
    """Pay `yuan` on the decision at `path` as a person does: fill in, check, press once more."""
    form = f"{path}/payments"
    checked = visitor.submit(visitor.get(path), form, amount_yuan=yuan)
    return visitor.submit(checked, form)


def hidden_fields(page: httpx.Response, path: str, at: int = 0) -> dict[str, str]:
    """Return the hidden fields of the form of `page` that goes to `path`."""
    forms = re.findall(rf'<form[^>]*action="{re.escape(path)}"[^>]*>(.*?)</form>', page.text, re.S)
    return {name: unescape(value) for name, value in _FIELD.findall(forms[at])}
