"""``POST /v1/token``, ``POST /v1/password`` and ``GET /v1/me``: signing in.

The one body that is no JSON: the OAuth2 form, small, each field once.

``GET /v1/accesses``: who looked at whose data.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.datastructures import FormData

from api.access.access_control import AccessControl, access_control_of
from api.access.audit import AuditQuery, audit_rows
from api.access.dependencies import PageSize
from api.access.enforce import principal_of
from api.access.issuer import TOKEN_SECONDS
from api.access.schemas import AccessPage, CallerShape, PasswordRequest, TokenRequest, TokenShape
from api.access.sign_in import SignIn
from api.access.strict_route import StrictRoute
from api.core.log import log
from api.core.principal import Principal
from api.http.fields import ACTOR, EXPECTED, MEMBER_ID, NUMBER
from api.http.ledger import get_ledger
from api.http.openapi import refusals
from api.http.problem_kinds import (
    BODY_TOO_LARGE,
    INVALID_BODY,
    LEDGER_AWAY,
    MALFORMED_BODY,
    NO_ACCOUNTS_HERE,
    OVERLOADED,
    TOO_MANY_ATTEMPTS,
    UNSUPPORTED_MEDIA_TYPE,
    WRONG_CREDENTIALS,
)
from api.http.problems import FieldError, ProblemError
from api.ledger.writer import Ledger
from model.errors import LedgerError
from model.profile.dictionary import Text

MOST_FORM_BYTES = 2 * 1024
_CONTENT_TYPES = {
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded;charset=utf-8",
}
_ONCE = Text("一个表单，每个字段一次", "one form, each field once")


class FormRequest(Request):
    """A request that refuses a form it should not read."""

    async def _get_form(self, **limits: Any) -> FormData:
        given = self.headers.get("content-type", "").lower().replace(" ", "").replace('"', "")
        if given not in _CONTENT_TYPES or "content-encoding" in self.headers:
            raise ProblemError(UNSUPPORTED_MEDIA_TYPE)
        # The parser behind it then reads these bytes.
        if len(await self.body()) > MOST_FORM_BYTES:
            raise ProblemError(BODY_TOO_LARGE)
        form = await super()._get_form(**limits)
        names = [name for name, _ in form.multi_items()]
        if len(set(names)) < len(names):
            raise ProblemError(MALFORMED_BODY, [FieldError("body", _ONCE)])
        return form


class FormRoute(APIRoute):
    """A route whose handler is given a `FormRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler behind the form request."""
        handler = super().get_route_handler()

        async def small(request: Request) -> Response:
            return await handler(FormRequest(request.scope, request.receive))

        return small


audit_router = APIRouter(prefix="/v1", tags=["audit"])


@audit_router.get(
    "/accesses", summary="Show who looked at whose data", responses=refusals(LEDGER_AWAY)
)
def get_accesses(
    ledger: Annotated[Ledger, Depends(get_ledger)],
    principal: Annotated[Principal, Depends(principal_of)],
    actor: Annotated[str | None, Query(pattern=ACTOR, description=EXPECTED["actor"].en)] = None,
    member_id: Annotated[
        str | None, Query(pattern=MEMBER_ID, description=EXPECTED["member_id"].en)
    ] = None,
    cursor: Annotated[str | None, Query(pattern=NUMBER, description=EXPECTED["cursor"].en)] = None,
    page_size: PageSize = 100,
) -> AccessPage:
    """List looks at members and decisions in the caller's places, latest first."""
    sought = AuditQuery(actor, member_id, int(cursor) if cursor else None, page_size + 1)
    with ledger.read() as view:
        rows = audit_rows(view, principal, sought)
    more = len(rows) > page_size
    return AccessPage(
        rows=rows[:page_size], next_cursor=str(rows[page_size - 1].number) if more else None
    )


T = TypeVar("T")

sign_in_router = APIRouter(tags=["signing in"])
_forms = APIRouter(prefix="/v1", route_class=FormRoute)
_bodies = APIRouter(prefix="/v1", route_class=StrictRoute)
_REFUSALS = refusals(
    MALFORMED_BODY,
    WRONG_CREDENTIALS,
    NO_ACCOUNTS_HERE,
    BODY_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    INVALID_BODY,
    TOO_MANY_ATTEMPTS,
    LEDGER_AWAY,
    OVERLOADED,
)


async def _blocking(step: Callable[..., T], *told: str) -> T:
    """Return what `step` returns, on a thread; what it cannot put on record is not done."""
    try:
        return await asyncio.to_thread(step, *told)
    except (DBAPIError, PoolTimeoutError, OSError, LedgerError) as error:
        log.warning("database away", why=type(error).__qualname__)
        raise ProblemError(LEDGER_AWAY) from error


async def _sign_in(access: Annotated[AccessControl, Depends(access_control_of)]) -> SignIn:
    if access.sign_in is None:
        raise ProblemError(NO_ACCOUNTS_HERE)
    return access.sign_in


@_forms.post("/token", summary="Sign in: a token for a password", responses=_REFUSALS)
async def post_token(
    asked: Annotated[TokenRequest, Form()],
    request: Request,
    access: Annotated[AccessControl, Depends(access_control_of)],
    sign_in: Annotated[SignIn, Depends(_sign_in)],
) -> TokenShape:
    """Return a token that is good for `expires_in` seconds (OAuth2, password grant)."""
    source = access.source(request)
    token = await _blocking(sign_in.token, asked.username, asked.password, source)
    return TokenShape(access_token=token, expires_in=TOKEN_SECONDS)


@_bodies.post(
    "/password", status_code=204, summary="Change one's own password", responses=_REFUSALS
)
async def post_password(
    asked: PasswordRequest,
    request: Request,
    access: Annotated[AccessControl, Depends(access_control_of)],
    principal: Annotated[Principal, Depends(principal_of)],
    sign_in: Annotated[SignIn, Depends(_sign_in)],
) -> Response:
    """Set a new password; every token of the account ends, this one too."""
    await _blocking(
        sign_in.change_password,
        principal.subject,
        asked.current_password,
        asked.new_password,
        access.source(request),
    )
    return Response(status_code=204)


@sign_in_router.get("/v1/me", summary="Show who the service takes you for", responses=refusals())
async def get_me(principal: Annotated[Principal, Depends(principal_of)]) -> CallerShape:
    """Return the caller's account, roles and places."""
    return CallerShape(
        subject=principal.subject, roles=sorted(principal.roles), places=list(principal.places)
    )


sign_in_router.include_router(_forms)
sign_in_router.include_router(_bodies)
