"""Serving a page: session, form, refusals and headers, the same for every page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from api.access.schemas import CallerShape, TokenShape
from api.console.calls import Calls, RefusedError
from api.console.forms import read_form
from api.console.page import Handler, Page, shown_notice
from api.console.problems import FAULT, SESSION_ENDED, STALE_FORM, ConsoleError
from api.console.renewal import Renewals
from api.console.session import Session, inner_path, is_form_token, new_visit

#: No script or style in a page, nothing from another host, no frame around it, no other target.
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
#: Refusals of a form that its page shows; any other refusal takes the page's place.
_SHOWN_IN_FORM = frozenset({400, 403, 409, 422, 429, 503})
SIGN_IN = "/console/sign-in"


@dataclass(frozen=True)
class PageRoute:
    """One page: its path, and what answers.

    Attributes
    ----------
    act : Handler or None
        What a form does; None for a page that only shows.
    show : Handler
        The page itself, or the page of the form, which shows again what was filled in.
    is_open : bool
        Whether it is there for people who are not signed in.
    """

    path: str
    show: Handler
    act: Handler | None = None
    is_open: bool = False

    @property
    def method(self) -> Literal["GET", "POST"]:
        """The method that the page answers."""
        return "POST" if self.act else "GET"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of this page."""
        request = Request(scope, receive)
        scope["route"] = self  # the log line names its template
        session = Session(request)
        page = Page(request, session, Calls(request), session.visit or new_visit())
        try:
            response = await self._answer(page)
        except Exception:
            # The request log writes the fault down; the reader gets a page that says what to do.
            page.notice = FAULT
            await _with_headers(page.show("problem.html"))(scope, receive, send)
            raise
        await _with_headers(response)(scope, receive, send)

    async def _answer(self, page: Page) -> Response:
        try:
            page.renewed = await _renewed(page)
            response = await self._of_caller(page)
        except (RefusedError, ConsoleError) as refusal:
            if isinstance(refusal, RefusedError) and refusal.kind == "unauthorised":
                return _to_sign_in(page)
            page.notice = shown_notice(refusal)
            response = page.show("problem.html")
        if page.renewed:
            page.session.keep(response, page.renewed)
        if page.session.done and not page.is_partial and response.status_code != 303:
            page.session.forget_done(response)
        if page.session.visit != page.visit:
            page.session.remember_visit(response, page.visit)
        return response

    async def _of_caller(self, page: Page) -> Response:
        if self.act:
            page.fields = await read_form(page.request)
            page.keep_key()
        page.caller = await self._caller(page)
        if self.act is None:
            return await self.show(page)
        return await self._submitted(page, self.act)

    async def _caller(self, page: Page) -> CallerShape | None:
        if self.is_open and page.calls.token is None:
            return None
        try:
            return await page.calls.read("get_me", CallerShape)
        except RefusedError:
            if self.is_open:
                return None
            raise

    async def _submitted(self, page: Page, act: Handler) -> Response:
        token = page.fields.get("token", "")
        if not (page.session.is_same_origin and is_form_token(token, page.visit, page.account)):
            page.notice = STALE_FORM
            return await self.show(page)
        try:
            return await act(page)
        except ConsoleError as refusal:
            page.notice = refusal.notice
        except RefusedError as refusal:
            if refusal.status not in _SHOWN_IN_FORM:
                raise
            page.refuse(refusal)
        return await self.show(page)


async def _renewed(page: Page) -> TokenShape | None:
    """Call routes as the browser's session; return its new tokens if it had to be renewed."""
    token, tokens = page.session.token, None
    if token is None and (refresh_token := page.session.refresh_token):
        renewals: Renewals = page.request.app.state.renewals
        tokens = await renewals.renew(page.calls, refresh_token)
        token = tokens.access_token if tokens else None
    page.calls = Calls(page.request, token)
    return tokens


def _to_sign_in(page: Page) -> Response:
    """Send a reader to sign in; a form that was sent too late goes along in the page."""
    page.caller = None
    if page.is_partial:
        # The script loads the whole page then, which leads on.
        return Response(status_code=401)
    if page.fields and page.session.is_same_origin:
        page.notice = SESSION_ENDED
        kept = {name: text for name, text in page.fields.items() if name != "token"}
        response = page.show("sign_in.html", kept=kept, resume=page.path)
    else:
        response = page.go(SIGN_IN)
        if path := inner_path(page.path):
            page.session.remember_next(response, path)
    if page.session.is_begun:
        page.session.end(response)
    page.session.remember_visit(response, page.visit)
    return response


def _with_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def page_at(
    request: Request, method: Literal["GET", "POST"], path: str
) -> tuple[Request, PageRoute] | None:
    """Return the page that answers `method` at `path`, with a request for it; None if none does."""
    scope = {**request.scope, "method": method, "path": path, "query_string": b""}
    for route in request.app.router.routes:
        endpoint = getattr(route, "endpoint", None)
        match, found = route.matches(scope)
        if match is Match.FULL and isinstance(endpoint, PageRoute) and endpoint.method == method:
            return Request({**scope, **found}), endpoint
    return None
