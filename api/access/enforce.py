"""Where the matrix is enforced: one dependency of the whole application, before every handler.

The token in a request: in the ``Authorization`` header, once, and nowhere else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import Request

from api.access.access_control import AccessControl
from api.access.audit import RecordAccess
from api.access.matrix import MATRIX, Rule
from api.access.objects import Located, located
from api.access.tokens import MOST_TOKEN_CHARACTERS, TokenRefusedError
from api.core.principal import Principal
from api.http.ledger import get_ledger
from api.http.problem_kinds import (
    FORBIDDEN,
    IN_PROGRESS,
    INTERNAL_ERROR,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    UNAUTHORISED,
)
from api.http.problems import Kind, ProblemError
from api.http.request_log import add_to_log
from api.ledger.writer import Ledger

_SCHEME = b"bearer "


def bearer_token(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the bearer token (RFC 6750, section 2.1) among raw `headers`.

    Raises
    ------
    TokenRefusedError
        If there is no such header, or two, or it is no bearer token, or it is too long.
    """
    given = [value for name, value in headers if name == b"authorization"]
    if len(given) != 1 or given[0][: len(_SCHEME)].lower() != _SCHEME:
        raise TokenRefusedError("no bearer token")
    token = given[0][len(_SCHEME) :]
    if len(token) > MOST_TOKEN_CHARACTERS or not token.isascii():
        raise TokenRefusedError("size")
    return token.decode("ascii")


_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="rongzi-e"'}
#: Of a request's own scope, which no other request shares: who asks, once it is known.
_ENTITLED = "rongzi.entitled"


async def enforce(request: Request) -> AsyncIterator[None]:
    """Let a request through to its handler, as `authorized`; the framework's dependency."""
    async with authorized(request):
        yield


@asynccontextmanager
async def authorized(request: Request) -> AsyncIterator[None]:
    """Let a request in to the block, and put on record what the block told of a person.

    The record is durable before the answer is sent: without it there is no answer.

    Raises
    ------
    ProblemError
        As `authorize`.
    """
    let = await authorize(request)
    try:
        yield
    except ProblemError as refused:
        if let and _discloses_state(refused, let):
            await _record(request, let)
        raise
    if let and let.rule.personal:
        await _record(request, let)


@dataclass(frozen=True)
class Authorization:
    """A request that was let in: by which rule, whose it is, and where its object lies."""

    rule: Rule
    principal: Principal
    found: Located


async def authorize(request: Request) -> Authorization | None:
    """Hold a request against the matrix; None where the route is public.

    Raises
    ------
    ProblemError
        401 without a trusted token, 429 too often, 403 without the role, 404 for an object outside
        the caller's places, exactly as for one that does not exist.
    """
    rule = _rule_of(request)
    principal = await authenticate(request)
    if principal is None:
        return None
    found = await located(request, rule.bound, principal)
    if found:
        refuse_other_places(principal, found.place_code, found.absent)
    return Authorization(rule, principal, found or _NOBODY)


async def authenticate(request: Request) -> Principal | None:
    """Return who asks, if they may call the route at all; None where the route is public.

    Nothing of the body is looked at, so that this comes before it is parsed. Whoever asks again
    about the same request gets the same principal: a request is weighed once.

    Raises
    ------
    ProblemError
        401 without a trusted token, 429 too often, 403 without the role.
    """
    rule = _rule_of(request)
    if rule.public:
        return None
    if _ENTITLED not in request.scope:
        request.scope[_ENTITLED] = await _authenticated(request, rule)
    found: Principal = request.scope[_ENTITLED]
    return found


async def _record(request: Request, let: Authorization) -> None:
    ledger: Ledger = await get_ledger(request)
    route = request.scope["route"].name
    await ledger.write(RecordAccess.of(request, route, let.principal, let.found))


def _discloses_state(refused: ProblemError, let: Authorization) -> bool:
    """Whether a refusal tells something of a person: that consent stands, that a loan runs."""
    is_about_one = let.found.member_id is not None or let.found.decision_id is not None
    return is_about_one and refused.kind.status == 409 and refused.kind != IN_PROGRESS


_NOBODY = Located(None, NOT_FOUND)


async def principal_of(request: Request) -> Principal:
    """Return who asks; every route but the public ones has one."""
    found: Principal = request.state.principal
    return found


def refuse_other_places(
    principal: Principal, place_code: str | None, kind: Kind = NOT_FOUND
) -> None:
    """Refuse an object that is absent (None) or lies outside the caller's places: alike.

    Raises
    ------
    ProblemError
        Of `kind`, a 404.
    """
    if place_code is None or not principal.reaches(place_code):
        raise ProblemError(kind)


def _rule_of(request: Request) -> Rule:
    rule = MATRIX.get(request.scope["route"].name)
    if rule is None:
        raise ProblemError(INTERNAL_ERROR)
    return rule


async def _authenticated(request: Request, rule: Rule) -> Principal:
    access: AccessControl = request.app.state.access_control
    principal = await _verified(request, access)
    request.state.principal = principal
    add_to_log(request, subject=principal.subject)
    if wait := access.limits.wait(principal.subject):
        raise ProblemError(TOO_MANY_REQUESTS, headers={"Retry-After": str(int(wait) + 1)})
    if principal.roles.isdisjoint(rule.roles):
        raise ProblemError(FORBIDDEN)
    if rule.bound == "everywhere" and "" not in principal.places:
        raise ProblemError(FORBIDDEN)
    return principal


async def _verified(request: Request, access: AccessControl) -> Principal:
    try:
        return await access.verifier.principal(bearer_token(request.scope["headers"]))
    except TokenRefusedError as error:
        raise ProblemError(UNAUTHORISED, headers=_CHALLENGE) from error
