"""Routes of sessions: log out, list and end one's own, and an administrator's for an account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from api.access.access_control import AccessControl, access_control_of
from api.access.accounts import NAME
from api.access.dependencies import UUID, Caller
from api.access.schemas import EndedShape, SessionShape
from api.access.sessions import Sessions
from api.access.strict_route import StrictRoute
from api.access.threads import on_thread
from api.http.access_problems import UNKNOWN_SESSION
from api.http.fields import EXPECTED
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY, NO_ACCOUNTS_HERE
from api.http.problems import ProblemError

router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["signing in"])

SessionId = Annotated[str, Path(pattern=UUID, description=EXPECTED["session_id"].en)]
AccountName = Annotated[
    str, Path(pattern=f"^{NAME.pattern}$", description=EXPECTED["account_name"].en)
]
_REFUSALS = refusals(NO_ACCOUNTS_HERE, LEDGER_AWAY)


async def sessions_of(access: Annotated[AccessControl, Depends(access_control_of)]) -> Sessions:
    """Return the sessions of the service.

    Raises
    ------
    ProblemError
        404 where an identity provider keeps the accounts.
    """
    if access.sessions is None:
        raise ProblemError(NO_ACCOUNTS_HERE)
    return access.sessions


SessionsInUse = Annotated[Sessions, Depends(sessions_of)]


@router.post("/logout", status_code=204, summary="End this session", responses=_REFUSALS)
async def post_logout(caller: Caller, sessions: SessionsInUse) -> Response:
    """End the session of this request: its tokens are refused within seconds."""
    if caller.session:
        await on_thread(sessions.end, caller.session, caller.subject, of=caller.subject)
    return Response(status_code=204)


@router.get("/sessions", summary="List your own sessions", responses=_REFUSALS)
async def get_sessions(caller: Caller, sessions: SessionsInUse) -> list[SessionShape]:
    """Return the caller's sessions that live, latest first."""
    found = await on_thread(sessions.of, caller.subject)
    return [SessionShape.of(each, caller.session) for each in found]


@router.post(
    "/sessions/{session_id}/end",
    status_code=204,
    summary="End one of your own sessions",
    responses=refusals(NO_ACCOUNTS_HERE, UNKNOWN_SESSION, LEDGER_AWAY),
)
async def post_session_end(
    session_id: SessionId, caller: Caller, sessions: SessionsInUse
) -> Response:
    """End a session of the caller; one of another account is answered like an absent one."""
    await on_thread(sessions.end, session_id, caller.subject, of=caller.subject)
    return Response(status_code=204)


@router.get(
    "/accounts/{account_name}/sessions",
    summary="List the sessions of an account",
    responses=_REFUSALS,
)
async def get_account_sessions(
    account_name: AccountName, caller: Caller, sessions: SessionsInUse
) -> list[SessionShape]:
    """Return the sessions of an account that live, for administrators."""
    found = await on_thread(sessions.of, account_name)
    return [SessionShape.of(each, caller.session) for each in found]


@router.post(
    "/accounts/{account_name}/sessions/end",
    summary="End every session of an account",
    responses=_REFUSALS,
)
async def post_account_sessions_end(
    account_name: AccountName, caller: Caller, sessions: SessionsInUse
) -> EndedShape:
    """End every session of an account, for administrators; it may sign in again."""
    return EndedShape(ended=await on_thread(sessions.end_all, account_name, caller.subject))
