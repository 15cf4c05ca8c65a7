"""``POST /v1/token``, ``POST /v1/password`` and ``GET /v1/me``: signing in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api.access.enforcing import principal_of
from api.access.form_request import FormRoute
from api.access.gate import Gate, gate_of
from api.access.issuer import TOKEN_SECONDS
from api.access.principal import Principal
from api.access.shapes import CallerShape, PasswordRequest, TokenRequest, TokenShape
from api.access.sign_in import SignIn
from api.openapi import refusals
from api.problem_kinds import (
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
from api.problems import ProblemError
from api.running.logs import log
from api.strict_request import StrictRoute
from model.errors import LedgerError

T = TypeVar("T")

router = APIRouter(tags=["signing in"])
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


async def _sign_in(gate: Annotated[Gate, Depends(gate_of)]) -> SignIn:
    if gate.sign_in is None:
        raise ProblemError(NO_ACCOUNTS_HERE)
    return gate.sign_in


@_forms.post("/token", summary="Sign in: a token for a password", responses=_REFUSALS)
async def post_token(
    asked: Annotated[TokenRequest, Form()],
    request: Request,
    gate: Annotated[Gate, Depends(gate_of)],
    sign_in: Annotated[SignIn, Depends(_sign_in)],
) -> TokenShape:
    """Return a token that is good for `expires_in` seconds (OAuth2, password grant)."""
    source = gate.source(request)
    token = await _blocking(sign_in.token, asked.username, asked.password, source)
    return TokenShape(access_token=token, expires_in=TOKEN_SECONDS)


@_bodies.post(
    "/password", status_code=204, summary="Change one's own password", responses=_REFUSALS
)
async def post_password(
    asked: PasswordRequest,
    request: Request,
    gate: Annotated[Gate, Depends(gate_of)],
    principal: Annotated[Principal, Depends(principal_of)],
    sign_in: Annotated[SignIn, Depends(_sign_in)],
) -> Response:
    """Set a new password; every token of the account ends, this one too."""
    await _blocking(
        sign_in.change_password,
        principal.subject,
        asked.current_password,
        asked.new_password,
        gate.source(request),
    )
    return Response(status_code=204)


@router.get("/v1/me", summary="Show who the service takes you for", responses=refusals())
async def get_me(principal: Annotated[Principal, Depends(principal_of)]) -> CallerShape:
    """Return the caller's account, roles and places."""
    return CallerShape(
        subject=principal.subject, roles=sorted(principal.roles), places=list(principal.places)
    )


router.include_router(_forms)
router.include_router(_bodies)
