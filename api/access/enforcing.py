"""Where the matrix is enforced: one dependency of the whole application, before every handler."""

from __future__ import annotations

from fastapi import Request

from api.access.bearer import bearer_token
from api.access.matrix import MATRIX, Rule
from api.access.objects import place_of
from api.access.principal import Principal
from api.access.token_check import TokenRefusedError
from api.access.verifier import Verifier
from api.problem_kinds import FORBIDDEN, INTERNAL_ERROR, NOT_FOUND, UNAUTHORISED
from api.problems import Kind, ProblemError
from api.running.door import note

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="rongzi-e"'}


async def enforce(request: Request) -> None:
    """Let a request through to its handler, or refuse it.

    Raises
    ------
    ProblemError
        401 without a trusted token, 403 without the role, 404 for an object outside the caller's
        places, exactly as for one that does not exist.
    """
    rule = MATRIX.get(request.scope["route"].name)
    if rule is None:
        raise ProblemError(INTERNAL_ERROR)
    if rule.public:
        return
    principal = _verified(request)
    request.state.principal = principal
    note(request, subject=principal.subject)
    _refuse_role(principal, rule)
    await _refuse_place(request, principal, rule)


async def principal_of(request: Request) -> Principal:
    """Return who asks; every route but the public ones has one."""
    found: Principal = request.state.principal
    return found


def refuse_foreign(principal: Principal, place_code: str | None, kind: Kind = NOT_FOUND) -> None:
    """Refuse an object that is absent (None) or lies outside the caller's places: alike.

    Raises
    ------
    ProblemError
        Of `kind`, a 404.
    """
    if place_code is None or not principal.reaches(place_code):
        raise ProblemError(kind)


def _verified(request: Request) -> Principal:
    verifier: Verifier = request.app.state.verifier
    try:
        return verifier.principal(bearer_token(request.scope["headers"]))
    except TokenRefusedError as error:
        raise ProblemError(UNAUTHORISED, headers=_CHALLENGE) from error


def _refuse_role(principal: Principal, rule: Rule) -> None:
    if principal.roles.isdisjoint(rule.roles):
        raise ProblemError(FORBIDDEN)
    if rule.bound == "everywhere" and "" not in principal.places:
        raise ProblemError(FORBIDDEN)


async def _refuse_place(request: Request, principal: Principal, rule: Rule) -> None:
    if found := await place_of(request, rule.bound):
        refuse_foreign(principal, found.place_code, found.absent)
