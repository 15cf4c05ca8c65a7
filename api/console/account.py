"""Pages of the reader's own account: sign in, sign out, language, the first page of a role."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.responses import Response

from api.access.schemas import CallerShape, TokenShape
from api.console.calls import Calls, RefusedError
from api.console.forms import given
from api.console.page import Page
from api.console.problems import NO_SUCH_PAGE, WELCOME_BACK, ConsoleError
from api.console.serve import SIGN_IN, page_at
from api.console.session import inner_path, new_visit

HOME = "/console/"
#: Prefix of the fields of a form that was sent too late, on the page to sign in again.
_KEPT = "kept."
#: The first page of a caller, by a route that one of the roles allows; the first that fits.
_FIRST_PAGES: tuple[tuple[str, str], ...] = (
    ("post_decision", "/console/villages"),
    ("get_accesses", "/console/decisions"),
    ("list_reviews", "/console/reviews"),
    ("get_quarantine_file", "/console/imports"),
    ("get_funnel", "/console/figures"),
    ("get_accounts", "/console/accounts"),
)


async def show_home(page: Page) -> Response:
    """Send the caller to the first page of their role."""
    for route, path in _FIRST_PAGES:
        if page.may(route):
            return page.go(path)
    return page.show("nothing_here.html")


async def show_sign_in(page: Page) -> Response:
    """Show the form to sign in."""
    resume = inner_path(page.fields.get("resume"))
    return page.show("sign_in.html", kept=_without_prefix(page.fields), resume=resume)


async def sign_in(page: Page) -> Response:
    """Begin a session, and go on where the reader was."""
    form = {"grant_type": "password", "password": page.filled("password")}
    form |= given(page.fields, "username", "code")
    tokens = await page.calls.post_form("post_token", TokenShape, form)
    # Forms of before the sign-in are not accepted after it, nor is the session of before kept.
    page.visit, page.renewed = new_visit(), None
    if resume := inner_path(page.fields.get("resume")):
        response = await _resumed(page, resume, tokens.access_token)
    else:
        response = page.go(page.session.next_path or HOME)
    page.session.keep(response, tokens)
    page.session.forget_next(response)
    return response


async def _resumed(page: Page, path: str, token: str) -> Response:
    """Return the page of the form that was sent too late, with what was filled in."""
    found = page_at(page.request, "POST", path)
    if found is None:
        raise ConsoleError(NO_SUCH_PAGE)
    request, endpoint = found
    again = Page(request, page.session, Calls(request, token), page.visit)
    again.caller = await again.calls.read("get_me", CallerShape)
    again.fields = _without_prefix(page.fields)
    again.keep_key()
    again.notice = WELCOME_BACK
    return await endpoint.show(again)


def _without_prefix(fields: Mapping[str, str]) -> dict[str, str]:
    return {n.removeprefix(_KEPT): text for n, text in fields.items() if n.startswith(_KEPT)}


async def sign_out(page: Page) -> Response:
    """End the session, here and in the service: its tokens are refused from then on."""
    with contextlib.suppress(RefusedError):
        await page.calls.call("post_logout", {})
    page.visit, page.renewed = new_visit(), None
    response = page.go(SIGN_IN, done="signed-out")
    page.session.end(response)
    return response


async def choose_language(page: Page) -> Response:
    """Keep the reader's language and show the page again."""
    response = page.go(_back(page) or HOME)
    page.session.choose_language(response, "en" if page.filled("language") == "en" else "zh")
    return response


def _back(page: Page) -> str | None:
    """Return the page that the form stood on, if its address opens it: some answer forms alone."""
    path = inner_path(page.fields.get("back"))
    found = page_at(page.request, "GET", urlsplit(path).path) if path else None
    return path if found and found[1].show is not no_such_page else None


async def no_such_page(page: Page) -> Response:
    """Say that there is no page at an address of the console."""
    raise ConsoleError(NO_SUCH_PAGE)
