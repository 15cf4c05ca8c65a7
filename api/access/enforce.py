"""Authentication and authorization of every request, by one dependency of the application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from fastapi import Request

from api.access.access_control import AccessControl
from api.access.audit import RecordAccess
from api.access.matrix import MATRIX, Rule
from api.access.objects import Located, locate
from api.access.tokens import MAX_TOKEN_CHARACTERS, TokenRefusedError
from api.core.log import log
from api.core.metrics import MASS_ACCESSES
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
from model.policy.controls import controls_on

_SCHEME = b"bearer "
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="rongzi-e"'}
#: Key of the authenticated principal in the scope of its request, which no other request shares.
_PRINCIPAL = "rongzi.principal"
_NO_OBJECT = Located(None, NOT_FOUND)


async def enforce(request: Request) -> AsyncIterator[None]:
    """Run a handler inside `authorized`; FastAPI calls this dependency for every route."""
    async with authorized(request):
        yield


@asynccontextmanager
async def authorized(request: Request) -> AsyncIterator[None]:
    """Authorize a request, run the block, and record its access to personal data.

    The record is durable before the answer is sent: without a record there is no answer.

    Raises
    ------
    ProblemError
        As `authorize`.
    """
    authorization = await authorize(request)
    try:
        yield
    except ProblemError as refusal:
        if authorization and _discloses_state(refusal, authorization):
            await _record(request, authorization)
        raise
    if authorization and authorization.rule.personal:
        await _record(request, authorization)


@dataclass(frozen=True)
class Authorization:
    """An authorized request: the rule that allows it, its principal, and its object."""

    rule: Rule
    principal: Principal
    target: Located


async def authorize(request: Request) -> Authorization | None:
    """Check a request against the access matrix; return None where the route is public.

    Raises
    ------
    ProblemError
        401 without a trusted token, 429 above the rate limit, 403 without the role, 404 for an
        object outside the caller's places, exactly as for one that does not exist.
    """
    rule = _rule_of(request)
    principal = await authenticate(request)
    if principal is None:
        return None
    target = await locate(request, rule.bound, principal)
    if target:
        refuse_other_places(principal, target.place_code, target.absent)
    return Authorization(rule, principal, target or _NO_OBJECT)


async def authenticate(request: Request) -> Principal | None:
    """Return the principal of a request if a role allows the route; None for a public route.

    This reads no byte of the body, so it runs before the body is parsed. A second call for the same
    request returns the same principal and does not count against the rate limit.

    Raises
    ------
    ProblemError
        401 without a trusted token, 429 above the rate limit, 403 without the role.
    """
    rule = _rule_of(request)
    if rule.public:
        return None
    if _PRINCIPAL not in request.scope:
        request.scope[_PRINCIPAL] = await _entitled_principal(request, rule)
    principal: Principal = request.scope[_PRINCIPAL]
    return principal


async def _record(request: Request, authorization: Authorization) -> None:
    ledger: Ledger = await get_ledger(request)
    route = request.scope["route"].name
    record = RecordAccess.of(request, route, authorization.principal, authorization.target)
    noted = replace(record, alarm=_alarm(request, record))
    await ledger.write(noted, authorization.principal.authority)


def _alarm(request: Request, record: RecordAccess) -> int:
    """Return the persons shown to the account in this hour, if that raises an alarm; else 0."""
    access: AccessControl = request.app.state.access_control
    most = controls_on(request.app.state.service.today()).persons_an_hour
    alarm = access.mass_access.note(record.actor, record.persons, most)
    if alarm:
        MASS_ACCESSES.inc()
        log.warning("mass access", subject=record.actor, count=alarm)
    return alarm


def _discloses_state(refusal: ProblemError, authorization: Authorization) -> bool:
    """Return whether a refusal discloses a person's state: consent in force, a running loan."""
    target = authorization.target
    is_about_person = target.member_id is not None or target.decision_id is not None
    return is_about_person and refusal.kind.status == 409 and refusal.kind != IN_PROGRESS


async def principal_of(request: Request) -> Principal:
    """Return the principal of a request; every route has one except the public ones."""
    principal: Principal = request.state.principal
    return principal


def refuse_other_places(
    principal: Principal, place_code: str | None, kind: Kind = NOT_FOUND
) -> None:
    """Refuse an object that does not exist (None) or lies outside the caller's places, alike.

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


async def _entitled_principal(request: Request, rule: Rule) -> Principal:
    access: AccessControl = request.app.state.access_control
    principal = await _verify_token(request, access)
    request.state.principal = principal
    add_to_log(request, subject=principal.subject)
    if wait := access.limits.wait(principal.subject):
        raise ProblemError(TOO_MANY_REQUESTS, headers={"Retry-After": str(int(wait) + 1)})
    if not rule.allows(principal.roles):
        raise ProblemError(FORBIDDEN)
    if rule.bound == "everywhere" and "" not in principal.places:
        raise ProblemError(FORBIDDEN)
    return principal


async def _verify_token(request: Request, access: AccessControl) -> Principal:
    try:
        return await access.verifier.principal(bearer_token(request.scope["headers"]))
    except TokenRefusedError as error:
        raise ProblemError(UNAUTHORISED, headers=_CHALLENGE) from error


def bearer_token(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the bearer token (RFC 6750, section 2.1) from the raw `headers`.

    Raises
    ------
    TokenRefusedError
        If there is not exactly one such header, or its value is no bearer token, or too long.
    """
    values = [value for name, value in headers if name == b"authorization"]
    if len(values) != 1 or values[0][: len(_SCHEME)].lower() != _SCHEME:
        raise TokenRefusedError("no bearer token")
    token = values[0][len(_SCHEME) :]
    if len(token) > MAX_TOKEN_CHARACTERS or not token.isascii():
        raise TokenRefusedError("size")
    return token.decode("ascii")
