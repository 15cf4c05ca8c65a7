"""Role × route × place, declared once; a route that is not here is never answered.

Who may call, as the OpenAPI document tells it: the token, its refusals, and the load's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from api.core.principal import ROLES, Role
from api.http.openapi import refusals
from api.http.problem_kinds import (
    FORBIDDEN,
    OVERLOADED,
    PROVIDER_AWAY,
    TIMED_OUT,
    TOO_MANY_REQUESTS,
    UNAUTHORISED,
)
from api.http.problems import MEDIA_TYPE
from model.errors import ContractError

#: How a place bounds a route.
#: - ``nothing``: the answer is about no place and no person.
#: - ``member in path``, ``decision in path``, ``member in body``: the object's village is looked
#:   up and must lie in the caller's places; otherwise it is answered as if it did not exist.
#: - ``rows``: the handler returns only rows of the caller's places, whatever was asked for.
#: - ``everywhere``: the caller's places must be everywhere.
Bound = Literal[
    "nothing", "member in path", "decision in path", "member in body", "rows", "everywhere"
]


@dataclass(frozen=True)
class Rule:
    """Who may call one route.

    Attributes
    ----------
    roles : frozenset of Role
        Empty: anybody, without a token.
    bound : Bound
        How the caller's places bound it.
    personal : bool
        Whether the answer tells something of a person, so that each call is put on record.
    """

    roles: frozenset[Role]
    bound: Bound = "nothing"
    personal: bool = False

    @property
    def public(self) -> bool:
        """Whether no token is asked for."""
        return not self.roles


def _rule(roles: Iterable[Role], bound: Bound = "nothing", *, personal: bool = False) -> Rule:
    return Rule(frozenset(roles), bound, personal)


_PUBLIC: tuple[Role, ...] = ()
_CASE: tuple[Role, ...] = ("officer", "reviewer", "auditor")
_COUNTS: tuple[Role, ...] = ("officer", "reviewer", "analyst", "auditor", "operator")

#: Route name → rule. An administrator manages accounts and sees nobody's file; an auditor reads
#: and changes nothing; an officer never decides on a review; an analyst sees counts, not people.
MATRIX: Mapping[str, Rule] = {
    "get_root": _rule(_PUBLIC),
    "get_live": _rule(_PUBLIC),
    "get_ready": _rule(_PUBLIC),
    "get_problem": _rule(_PUBLIC),
    "get_metrics": _rule(_PUBLIC),
    "post_token": _rule(_PUBLIC),
    "post_password": _rule(ROLES),
    "get_me": _rule(ROLES),
    "get_policy": _rule(ROLES),
    "get_scorecard": _rule(ROLES),
    "get_member": _rule(_CASE, "member in path", personal=True),
    "get_whitelist": _rule(_CASE, "rows", personal=True),
    "get_funnel": _rule(_COUNTS, "rows"),
    "get_portfolio": _rule(_COUNTS, "rows"),
    "post_decision": _rule(("officer",), "member in body"),
    "get_decision": _rule(_CASE, "decision in path", personal=True),
    "get_explanation": _rule(_CASE, "decision in path", personal=True),
    "post_review_request": _rule(("officer",), "decision in path"),
    "list_reviews": _rule(_CASE, "rows", personal=True),
    "post_review_claim": _rule(("reviewer",), "decision in path", personal=True),
    "post_review_verdict": _rule(("reviewer",), "decision in path"),
    "post_override": _rule(("reviewer",), "decision in path"),
    "post_disbursement": _rule(("officer",), "decision in path"),
    "post_disbursement_cancellation": _rule(("officer",), "decision in path"),
    "get_disbursements": _rule(_CASE, "decision in path", personal=True),
    "get_consents": _rule(_CASE, "member in path", personal=True),
    "post_consent": _rule(("officer",), "member in path"),
    "post_consent_withdrawal": _rule(("officer",), "member in path"),
    "get_member_export": _rule(("officer",), "member in path", personal=True),
    "post_member_erasure": _rule(("reviewer",), "member in path"),
    "get_overrides": _rule(("reviewer", "analyst", "auditor"), "rows"),
    "get_accesses": _rule(("auditor",), "rows"),
    "get_webhooks": _rule(("operator",), "everywhere"),
}


def refuse_unlisted(names: Iterable[str]) -> None:
    """Refuse to start with a route that the matrix does not name.

    Raises
    ------
    ContractError
        Naming the routes.
    """
    if unlisted := sorted(set(names) - MATRIX.keys()):
        raise ContractError(
            f"no roles are declared for {', '.join(unlisted)}; add each to api/access/matrix.py"
        )


_SCHEME = "bearer"
_BY_TOKEN = refusals(UNAUTHORISED, FORBIDDEN, TOO_MANY_REQUESTS)
_BY_LOAD = refusals(OVERLOADED, TIMED_OUT)
_BY_PROVIDER = refusals(PROVIDER_AWAY)
#: Those who watch the service are never told to come again.
_UNREFUSED = frozenset({"get_live", "get_ready", "get_metrics"})
_PROBLEM = {"$ref": "#/components/schemas/ProblemShape"}


def with_access(document: dict[str, Any]) -> dict[str, Any]:
    """Return `document` with the bearer token of every route that the matrix closes."""
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes[_SCHEME] = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    for operations in document["paths"].values():
        for operation in operations.values():
            name = operation["operationId"]
            if name in MATRIX and not MATRIX[name].public:
                operation["security"] = [{_SCHEME: []}]
                _add(operation["responses"], _BY_TOKEN, (401, 403, 429))
                _add(operation["responses"], _BY_PROVIDER, (503,))
            if name not in _UNREFUSED:
                _add(operation["responses"], _BY_LOAD, (503,))
    return document


def _add(responses: dict[str, Any], kinds: dict[int | str, Any], statuses: tuple[int, ...]) -> None:
    for status in statuses:
        told = kinds[status]
        content = {MEDIA_TYPE: {"schema": _PROBLEM, "examples": {}}}
        entry = responses.setdefault(
            str(status), {"description": told["description"], "content": content}
        )
        examples = entry["content"][MEDIA_TYPE].setdefault("examples", {})
        for name, example in told["content"][MEDIA_TYPE]["examples"].items():
            examples.setdefault(name, example)
