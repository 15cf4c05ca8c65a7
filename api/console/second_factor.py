"""The page on which somebody enrols an authenticator: its secret, shown once, and its first code.

Account and password are asked for here too, because some roles cannot sign in before they enrolled.
"""

from __future__ import annotations

from starlette.responses import Response

from api.access.schemas import EnrolmentShape
from api.console.forms import given
from api.console.page import Page
from api.console.problems import Notice
from api.ledger.chain import encode_json
from model.profile.dictionary import Text

#: Characters of the secret that stand together, as people type them.
_GROUP = 4
_DONE = Notice(
    Text("已绑定", "It is enrolled"),
    Text(
        "从现在起，登录时除密码外还要填写身份验证器显示的验证码。",
        "From now on a sign-in asks for the code of your authenticator beside the password.",
    ),
    200,
)


async def show_enrolment(page: Page) -> Response:
    """Show the two steps: a new secret, and the code that proves its arrival."""
    return page.show("second_factor.html", secret=None, uri=None)


async def enrol(page: Page) -> Response:
    """Show a new secret, once: it is in no address and no later page."""
    person = {"username": "", **given(page.fields, "username")}
    body = person | {"password": page.filled("password")}
    found = await page.calls.post("post_second_factor", EnrolmentShape, body)
    parts = [found.secret[at : at + _GROUP] for at in range(0, len(found.secret), _GROUP)]
    return page.show("second_factor.html", secret=" ".join(parts), uri=found.uri)


async def confirm(page: Page) -> Response:
    """Let the secret count, if the code is of it."""
    person = {"username": "", "code": "", **given(page.fields, "username", "code")}
    body = person | {"password": page.filled("password")}
    await page.calls.call("post_second_factor_confirmation", {}, encode_json(body).encode())
    page.notice, page.fields = _DONE, {}
    return await show_enrolment(page)
