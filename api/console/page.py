"""A page in the making: who asks, in which language, with which form, and what is shown."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access.access_control import AccessControl
from api.access.matrix import MATRIX
from api.access.schemas import CallerShape, TokenShape
from api.console.calls import Calls, RefusedError
from api.console.done import DONE
from api.console.problems import ConsoleError, Notice, expected_of, notice_of
from api.console.rendering import render
from api.console.session import Session, form_token
from api.core.principal import ROLES, Role
from api.http.openapi import FieldErrorShape
from model.profile.dictionary import Text


@dataclass(frozen=True)
class Link:
    """An entry of the main navigation, for callers whose role allows `route`."""

    path: str
    text: Text
    route: str


NAVIGATION: tuple[Link, ...] = (
    Link("/console/villages", Text("我的村", "My villages"), "get_whitelist_changes"),
    Link("/console/search", Text("找会员", "Find a member"), "search_members"),
    Link("/console/reviews", Text("审核", "Reviews"), "list_reviews"),
    Link("/console/decisions", Text("决策", "Decisions"), "list_decisions"),
    Link("/console/differences", Text("银行账差异", "Bank differences"), "list_differences"),
    Link("/console/accesses", Text("查阅记录", "Access record"), "get_accesses"),
    Link("/console/ledger", Text("账本核验", "Ledger"), "get_ledger_verification"),
    Link("/console/figures", Text("数字", "Figures"), "get_funnel"),
    Link("/console/imports", Text("导入", "Imports"), "get_imports"),
    Link("/console/freshness", Text("数据新旧", "Freshness"), "get_freshness"),
    Link("/console/editions", Text("名单", "Editions"), "get_editions"),
    Link("/console/installation", Text("体检", "Examination"), "get_examination"),
    Link("/console/models", Text("模型", "Models"), "get_runs"),
    Link("/console/accounts", Text("账号", "Accounts"), "get_accounts"),
    Link("/console/key-orders", Text("签发申请", "Signing orders"), "get_key_orders"),
)
#: What makes a page: it reads by `Page.calls` and shows or sends somewhere.
Handler = Callable[["Page"], Awaitable[Response]]


@dataclass
class Page:
    """A request of a page, and what is known while it is answered.

    Attributes
    ----------
    renewed : TokenShape or None
        New tokens of the session, which the answer gives to the browser.
    caller : CallerShape or None
        Who is signed in; None on the pages that need nobody.
    fields : mapping
        What was filled in, on the answer to a form.
    notice : Notice or None
        What the page says first: why the form was not carried out.
    errors : list of FieldErrorShape
        What is expected of the fields that are not as expected.
    visit : str
        The browser's random value, which the tokens of the page's forms are made from.
    key : str
        What the keys of the page's forms begin with; a form that was not carried out keeps its own.
    """

    request: Request
    session: Session
    calls: Calls
    visit: str
    renewed: TokenShape | None = None
    caller: CallerShape | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    notice: Notice | None = None
    errors: list[FieldErrorShape] = field(default_factory=list)
    key: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def path(self) -> str:
        """The path of the page."""
        return self.request.url.path

    @property
    def form_token(self) -> str:
        """The token of the page's forms."""
        return form_token(self.visit, self.account)

    @property
    def account(self) -> str:
        """The account that is signed in; empty if nobody is."""
        return self.caller.subject if self.caller else ""

    @property
    def sent_key(self) -> str:
        """The key under which the form was sent: one form, one deed."""
        return self.fields.get("key") or self.key_of("form")

    def key_of(self, form: str) -> str:
        """Return the key of a form of this page, by the form's name."""
        return f"{self.key}.{form}"

    @property
    def is_partial(self) -> bool:
        """Whether a script asks for a part of the page."""
        return self.request.headers.get("hx-request") == "true"

    @property
    def links(self) -> list[Link]:
        """The main navigation of the caller."""
        return [link for link in NAVIGATION if self.may(link.route)]

    @property
    def demo_day(self) -> date | None:
        """The day that a demo plays on; None in production."""
        plays_on: date | None = self.request.app.state.service.plays_on
        return plays_on

    @property
    def done(self) -> Text | None:
        """What the form before this page did; None if there was none, or it was refused."""
        return None if self.notice else DONE.get(self.session.done or "")

    @property
    def signs_in(self) -> Literal["password", "provider", "nowhere"]:
        """How people sign in; nowhere if a provider keeps the accounts but not this sign-in."""
        access: AccessControl = self.request.app.state.access_control
        if access.accounts:
            return "password"
        return "provider" if access.code_flow else "nowhere"

    def place(self, code: str) -> str:
        """Return the name of a place; its code where the edition in use does not name it."""
        return self.request.app.state.service.place_name(code) or code

    def named(self, name: str) -> str:
        """Return a value of the page's path."""
        return str(self.request.path_params[name])

    def asked(self, name: str) -> str | None:
        """Return a value of the page's query; None where it is absent or empty."""
        return self.request.query_params.get(name) or None

    def may(self, route: str) -> bool:
        """Return whether a role of the caller allows `route`, and the places do if it needs all."""
        if self.caller is None or not MATRIX[route].allows(self.caller.roles):
            return False
        return MATRIX[route].bound != "everywhere" or "" in self.caller.places

    def doers(self, route: str) -> list[Role]:
        """Return the roles that may call `route`."""
        return [role for role in ROLES if role in MATRIX[route].roles]

    def text(self, text: Text) -> str:
        """Return `text` in the language of the page."""
        return str(getattr(text, self.session.language))

    def filled(self, name: str, otherwise: object = "") -> str:
        """Return what was filled into the field `name`, or `otherwise`."""
        return self.fields.get(name, str(otherwise))

    def error_of(self, name: str) -> str | None:
        """Return what is expected of the field `name`, if it is not as expected."""
        for each in self.errors:
            if each.field == name:
                return self.text(expected_of(each))
        return None

    def keep_key(self) -> None:
        """Use the keys of the page that the form was on."""
        self.key = self.fields.get("key", "").partition(".")[0] or self.key

    def refuse(self, refusal: RefusedError) -> None:
        """Show why a route refused what the form asks for."""
        self.notice, self.errors = notice_of(refusal.kind), refusal.problem.errors
        if refusal.kind == "key-reused":
            self.key = str(uuid.uuid4())

    def refuse_field(self, name: str, expected: Text) -> None:
        """Show that the field `name` is not as `expected`; nothing was sent to a route."""
        self.notice = notice_of("invalid-body")
        error = FieldErrorShape(field=name, expected=expected.en, expected_zh=expected.zh)
        self.errors = [error]

    def show(self, template: str, **values: Any) -> Response:
        """Return the page that `template` makes of `values`."""
        status = self.notice.status if self.notice else 200
        return HTMLResponse(render(template, self, values), status)

    def go(self, path: str, *, done: str | None = None) -> Response:
        """Send the reader to `path`, which a reload then asks for without sending the form.

        Parameters
        ----------
        done
            What the form did, by its key of `DONE`: the page at `path` says it.
        """
        response = RedirectResponse(path, 303)
        if done:
            self.session.remember_done(response, done)
        return response


def shown_notice(refusal: RefusedError | ConsoleError) -> Notice:
    """Return what a page says of `refusal`."""
    return refusal.notice if isinstance(refusal, ConsoleError) else notice_of(refusal.kind)
