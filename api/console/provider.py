"""Pages of a sign-in at the identity provider: to it, back from it, and out of it.

**Nobody is signed in by another site.** A sign-in begins with a form of this console, whose token
no other site has, so no site can sign a reader in silently while the provider knows them. It ends
only in the browser that began it: the answer must carry the state that this browser's cookie holds.
That cookie is the host's own, lasts ten minutes and takes one answer. So nobody can have a browser
go on in an account that is not the reader's (login CSRF).

**Over to another site, and back.** The content security policy lets forms go to this host alone, in
redirects too. So the answer to the form is a page that leads on by itself. A browser that comes
back sends none of the cookies of a session, and none while it follows a redirect from there; so the
page that it comes back to keeps the session and leads on as well, and the next request is one of
this site.
"""

from __future__ import annotations

import time

from starlette.responses import Response

from api.access.access_control import AccessControl
from api.access.code_flow import Answer, Attempt, CodeFlow
from api.access.tokens import TokenRefusedError
from api.console.account import HOME, show_sign_in
from api.console.page import Page
from api.console.problems import NO_SUCH_PAGE, ConsoleError, Notice, notice_of
from api.console.serve import SIGN_IN
from api.console.session import new_visit
from api.core.log import log
from api.http.problems import ProblemError
from model.profile.dictionary import Text

NEXT = "/console/sign-in/next"
#: A browser keeps no cookie of more than 4096 bytes; its name and attributes need some.
MAX_TOKEN = 3_900
_NOT_SIGNED_IN = Notice(
    Text("没有登录成功", "You are not signed in"),
    Text(
        "身份系统没有确认这次登录，或登录页放置过久。请重新登录。",
        "The identity provider did not confirm this sign-in, or its page was left for too long."
        " Sign in again.",
    ),
    400,
)
_TOO_LARGE = Notice(
    Text("没有登录成功", "You are not signed in"),
    Text(
        "身份系统发来的凭证过大，浏览器无法保存。请运维人员减少其中的内容。",
        "The provider's token is too large for a browser to keep. The operator asks the provider"
        " to put less into it.",
    ),
    502,
)
_NO_END = Notice(
    Text("身份系统没有退出页面", "The identity provider has no page to sign out"),
    Text(
        "您已退出工作台。公用电脑请关闭浏览器。",
        "You are signed out here. On a shared computer, close the browser.",
    ),
    404,
)


async def leave(page: Page) -> Response:
    """Send the reader to the identity provider."""
    attempt = Attempt.new()
    try:
        address = await _flow(page).address(attempt)
    except ProblemError as refusal:
        raise ConsoleError(notice_of(refusal.kind.name)) from refusal
    response = _lead_on(page, address)
    page.session.remember_attempt(response, str(attempt))
    return response


async def come_back(page: Page) -> Response:
    """Keep the session of a reader whom the identity provider sent back, and lead on."""
    attempt = Attempt.of_text(page.session.attempt)
    answer = Answer(page.asked("state"), page.asked("code"), page.asked("iss"))
    try:
        signed_in = await _flow(page).finish(attempt, answer)
    except TokenRefusedError as refusal:
        log.warning("refused", part="provider", error=str(refusal))
        return await _not_signed_in(page, _NOT_SIGNED_IN)
    except ProblemError as refusal:
        return await _not_signed_in(page, notice_of(refusal.kind.name))
    if len(signed_in.access_token) > MAX_TOKEN:
        return await _not_signed_in(page, _TOO_LARGE)
    # Forms of before the sign-in are not accepted after it.
    page.visit = new_visit()
    response = _lead_on(page, NEXT)
    seconds = int(signed_in.expires_at - time.time())
    page.session.keep_access(response, signed_in.access_token, seconds)
    page.session.forget_attempt(response)
    return response


async def go_on(page: Page) -> Response:
    """Send the reader to the page that was wanted before the sign-in."""
    response = page.go(page.session.next_path or HOME)
    page.session.forget_next(response)
    return response


async def end(page: Page) -> Response:
    """Send the reader to where the identity provider ends its own session."""
    try:
        address = await _flow(page).end_address(SIGN_IN)
    except ProblemError as refusal:
        raise ConsoleError(notice_of(refusal.kind.name)) from refusal
    if address is None:
        raise ConsoleError(_NO_END)
    return _lead_on(page, address)


async def _not_signed_in(page: Page, notice: Notice) -> Response:
    page.notice = notice
    response = await show_sign_in(page)
    page.session.forget_attempt(response)
    return response


def _lead_on(page: Page, address: str) -> Response:
    response = page.show("lead_on.html", address=address)
    # The address of this page may hold the code of a sign-in.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _flow(page: Page) -> CodeFlow:
    access: AccessControl = page.request.app.state.access_control
    if access.code_flow is None:
        raise ConsoleError(NO_SUCH_PAGE)
    return access.code_flow
