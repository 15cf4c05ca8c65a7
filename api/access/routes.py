"""Routes of access: sign in, enrol a second factor, the password, the caller, access records."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from api.access.access_control import AccessControl, access_control_of
from api.access.audit import AuditQuery, audit_lines, audit_rows
from api.access.dependencies import Caller, LedgerInUse, PageSize, Since, Until
from api.access.form_route import FormRoute
from api.access.schemas import (
    AccessPage,
    CallerShape,
    ConfirmationRequest,
    EnrolmentRequest,
    EnrolmentShape,
    PasswordRequest,
    TokenRequest,
    TokenShape,
)
from api.access.session_routes import SessionsInUse
from api.access.sessions import Tokens
from api.access.sign_in import SignIn
from api.access.strict_route import StrictRoute
from api.access.threads import on_thread
from api.http.access_problems import (
    SECOND_FACTOR_DIFFERS,
    SECOND_FACTOR_EXISTS,
    SECOND_FACTOR_MISSING,
    SECOND_FACTOR_NEEDED,
    SESSION_OVER,
)
from api.http.fields import ACTOR, EXPECTED, MEMBER_ID, NUMBER
from api.http.openapi import refusals
from api.http.problem_kinds import (
    BODY_TOO_LARGE,
    INVALID_BODY,
    LEDGER_AWAY,
    MALFORMED_BODY,
    NO_ACCOUNTS_HERE,
    OVERLOADED,
    TOO_MANY_ATTEMPTS,
    TOO_MANY_REQUESTS,
    UNSUPPORTED_MEDIA_TYPE,
    WRONG_CREDENTIALS,
)
from api.http.problems import FieldError, ProblemError
from model.profile.dictionary import Text

sign_in_router = APIRouter(tags=["signing in"])
_form_router = APIRouter(prefix="/v1", route_class=FormRoute)
_json_router = APIRouter(prefix="/v1", route_class=StrictRoute)
audit_router = APIRouter(prefix="/v1", tags=["audit"])

_KINDS = (
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
_REFUSALS = refusals(*_KINDS)
_FACTOR = (SECOND_FACTOR_EXISTS, SECOND_FACTOR_DIFFERS)
_TOKEN = (
    SECOND_FACTOR_NEEDED, SECOND_FACTOR_MISSING, SECOND_FACTOR_DIFFERS, SESSION_OVER,
    TOO_MANY_REQUESTS,
)  # fmt: skip


async def _sign_in_of(access: Annotated[AccessControl, Depends(access_control_of)]) -> SignIn:
    if access.sign_in is None:
        raise ProblemError(NO_ACCOUNTS_HERE)
    return access.sign_in


async def _source_of(
    request: Request, access: Annotated[AccessControl, Depends(access_control_of)]
) -> str:
    return access.source(request)


SignInInUse = Annotated[SignIn, Depends(_sign_in_of)]
Source = Annotated[str, Depends(_source_of)]


@_form_router.post(
    "/token", summary="Sign in, or refresh the tokens", responses=refusals(*_KINDS, *_TOKEN)
)
async def post_token(
    form: Annotated[TokenRequest, Form()], sign_in: SignInInUse, sessions: SessionsInUse,
    source: Source,
) -> TokenShape:  # fmt: skip
    """Return an access token and a refresh token, which is good once (OAuth 2.0)."""

    def signed_in() -> Tokens:
        name, password = _required(form, "username"), _required(form, "password")
        return sessions.start(sign_in.account(name, password, source, form.code))

    _refuse_mixed(form)
    if form.grant_type == "password":
        return TokenShape.of(await on_thread(signed_in))
    return TokenShape.of(await on_thread(sessions.refresh, _required(form, "refresh_token")))


def _refuse_mixed(form: TokenRequest) -> None:
    """Refuse fields of the other grant: nobody should wonder which of the two was checked."""
    others = (
        ("refresh_token",) if form.grant_type == "password" else ("username", "password", "code")
    )
    given = [name for name in others if getattr(form, name) is not None]
    if given:
        expected = Text("该授权方式不使用", "not with this grant_type")
        raise ProblemError(INVALID_BODY, [FieldError(name, expected) for name in given])


def _required(form: TokenRequest, name: str) -> str:
    """Return the field that the form's grant needs."""
    if (value := getattr(form, name)) is None:
        raise ProblemError(INVALID_BODY, [FieldError(name, EXPECTED[name])])
    return str(value)


@_json_router.post(
    "/second-factor",
    status_code=201,
    summary="Enrol a second factor, with account and password",
    responses=refusals(*_KINDS, *_FACTOR),
)
async def post_second_factor(
    body: EnrolmentRequest, sign_in: SignInInUse, source: Source
) -> EnrolmentShape:
    """Return a new secret for one-time codes, shown once; it counts after its confirmation."""
    found = await on_thread(sign_in.enrol, body.username, body.password, source)
    return EnrolmentShape(**vars(found))


@_json_router.post(
    "/second-factor/confirmation",
    status_code=204,
    summary="Let the enrolled second factor count",
    responses=refusals(*_KINDS, *_FACTOR),
)
async def post_second_factor_confirmation(
    body: ConfirmationRequest, sign_in: SignInInUse, source: Source
) -> Response:
    """Show by a code that the secret arrived; from now on every sign-in needs a code."""
    await on_thread(sign_in.confirm, body.username, body.password, source, body.code)
    return Response(status_code=204)


@_json_router.post(
    "/password", status_code=204, summary="Change your own password", responses=_REFUSALS
)
async def post_password(
    body: PasswordRequest, caller: Caller, sign_in: SignInInUse, source: Source
) -> Response:
    """Set a new password. Every token of the account ends, including the one of this request."""
    passwords = body.current_password, body.new_password
    await on_thread(sign_in.change_password, caller.subject, *passwords, source)
    return Response(status_code=204)


@sign_in_router.get("/v1/me", summary="Show the caller's account", responses=refusals())
async def get_me(caller: Caller) -> CallerShape:
    """Return the caller's account, roles and places."""
    return CallerShape(
        subject=caller.subject, roles=sorted(caller.roles), places=list(caller.places)
    )


sign_in_router.include_router(_form_router)
sign_in_router.include_router(_json_router)


@audit_router.get("/accesses", summary="List access records", responses=refusals(LEDGER_AWAY))
def get_accesses(
    ledger: LedgerInUse,
    caller: Caller,
    actor: Annotated[str | None, Query(pattern=ACTOR, description=EXPECTED["actor"].en)] = None,
    member_id: Annotated[
        str | None, Query(pattern=MEMBER_ID, description=EXPECTED["member_id"].en)
    ] = None,
    since: Since = None,
    until: Until = None,
    cursor: Annotated[str | None, Query(pattern=NUMBER, description=EXPECTED["cursor"].en)] = None,
    page_size: PageSize = 100,
) -> AccessPage:
    """List accesses to members and decisions in the caller's places, latest first."""
    before = int(cursor) if cursor else None
    query = AuditQuery(actor, member_id, since, until, before, limit=page_size + 1)
    with ledger.read() as view:
        rows = audit_rows(view, caller, query)
    has_more = len(rows) > page_size
    return AccessPage(
        rows=rows[:page_size], next_cursor=str(rows[page_size - 1].number) if has_more else None
    )


#: Records of one export; `NEXT` tells how to go on.
_MAX_EXPORTED = 20_000
#: Header with the `cursor` of the rest of an export; absent where it is complete.
NEXT = "Rongzi-Next-Cursor"
_LINES = "application/x-ndjson"


@audit_router.get(
    "/accesses/export",
    summary="Download the access record of some days",
    responses={200: {"content": {_LINES: {"schema": {"type": "string"}}}}, **refusals(LEDGER_AWAY)},
    response_class=Response,
)
def get_accesses_export(
    ledger: LedgerInUse,
    caller: Caller,
    since: Since = None,
    until: Until = None,
    cursor: Annotated[str | None, Query(pattern=NUMBER, description=EXPECTED["cursor"].en)] = None,
) -> Response:
    """Return the records of the caller's places as JSON, one a line, oldest first, with digests.

    An answer holds at most 20,000 records; the header `Rongzi-Next-Cursor` continues it.
    """
    after = int(cursor) if cursor else None
    query = AuditQuery(since=since, until=until, after=after, limit=_MAX_EXPORTED + 1)
    with ledger.read() as view:
        rows = audit_lines(view, caller, query)
    shown = rows[:_MAX_EXPORTED]
    more = {NEXT: str(shown[-1]["number"])} if len(rows) > len(shown) else {}
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in shown)
    return Response(lines, headers=more, media_type=_LINES)
