"""The access matrix: roles and place bound of every route. A route without a rule is not served."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from api.core.principal import ROLES, Role
from api.http.openapi import refusals
from api.http.problem_kinds import (
    FORBIDDEN,
    OVERLOADED,
    PROVIDER_AWAY,
    REPEATED_HEADER,
    TIMED_OUT,
    TOO_MANY_REQUESTS,
    UNAUTHORISED,
)
from api.http.problems import MEDIA_TYPE
from model.errors import ContractError

#: How the caller's places bound a route.
#: - ``nothing``: the answer concerns no place and no person.
#: - ``member in path``, ``decision in path``, ``member in body``, ``village in path``: the object's
#:   village must lie in the caller's places; otherwise the answer is the same as for an object that
#:   does not exist.
#: - ``rows``: the handler returns rows of the caller's places only, whatever the filter.
#: - ``everywhere``: the caller's places must be everywhere.
Bound = Literal[
    "nothing", "member in path", "decision in path", "member in body", "village in path", "rows",
    "everywhere",
]  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """Access rule of one route.

    Attributes
    ----------
    roles : frozenset of Role
        Roles that may call it; empty: everyone, without a token.
    personal : bool
        Whether the answer contains personal data, so that each call is recorded in the audit.
    """

    roles: frozenset[Role]
    bound: Bound = "nothing"
    personal: bool = False

    @property
    def public(self) -> bool:
        """Whether the route needs no token."""
        return not self.roles

    def allows(self, roles: Collection[Role]) -> bool:
        """Return whether one of a caller's `roles` is among those of the route."""
        return not self.roles.isdisjoint(roles)


def _rule(roles: Iterable[Role], bound: Bound = "nothing", *, personal: bool = False) -> Rule:
    return Rule(frozenset(roles), bound, personal)


_PUBLIC: tuple[Role, ...] = ()
_CASE: tuple[Role, ...] = ("officer", "reviewer", "auditor")
_COUNTS: tuple[Role, ...] = ("officer", "reviewer", "manager", "analyst", "auditor", "operator")
_EDITIONS: tuple[Role, ...] = ("operator", "analyst", "head", "manager", "auditor")
#: Who judges a card: it is of all places, so whoever looks at it reads all places.
_MODELS: tuple[Role, ...] = ("analyst", "head", "manager", "auditor")

#: Rules by route name. An administrator manages accounts and sees no member's data. An auditor
#: reads and changes nothing; verifying reads too. An officer never decides a review. Analysts and
#: managers see counts, not people.
MATRIX: Mapping[str, Rule] = {
    "get_root": _rule(_PUBLIC),
    "get_live": _rule(_PUBLIC),
    "get_ready": _rule(_PUBLIC),
    "get_problem": _rule(_PUBLIC),
    "get_metrics": _rule(_PUBLIC),
    "post_token": _rule(_PUBLIC),
    "post_second_factor": _rule(_PUBLIC),
    "post_second_factor_confirmation": _rule(_PUBLIC),
    "post_password": _rule(ROLES),
    "get_me": _rule(ROLES),
    "post_logout": _rule(ROLES),
    "get_sessions": _rule(ROLES),
    "post_session_end": _rule(ROLES),
    "get_accounts": _rule(("admin", "auditor"), "everywhere"),
    "get_duties": _rule(("admin", "auditor"), "everywhere"),
    "get_account_sessions": _rule(("admin",), "everywhere"),
    "post_account_sessions_end": _rule(("admin",), "everywhere"),
    "post_account_order": _rule(("admin",), "everywhere"),
    "get_account_orders": _rule(("admin", "auditor"), "everywhere"),
    "post_account_order_approval": _rule(("admin",), "everywhere"),
    "post_key_order": _rule(("analyst", "operator", "head", "manager"), "everywhere"),
    "get_key_orders": _rule(
        ("analyst", "operator", "head", "manager", "auditor", "admin"), "everywhere"
    ),
    "post_key_order_approval": _rule(("head", "manager"), "everywhere"),
    # Whoever orders or approves what is signed sees what it changes; counts, no person.
    "get_editions": _rule(_EDITIONS, "everywhere"),
    "get_edition_differences": _rule(_EDITIONS, "everywhere"),
    "get_examination": _rule(("operator", "auditor", "admin"), "everywhere"),
    "get_imports": _rule(("operator", "auditor"), "everywhere"),
    "get_import": _rule(("operator", "auditor"), "everywhere"),
    # An operator hands bad rows back to the branch; their persons are masked.
    "get_quarantine_file": _rule(("operator",), "everywhere", personal=True),
    "get_freshness": _rule(("operator", "analyst", "manager", "auditor"), "rows"),
    "get_policy": _rule(ROLES),
    "get_scorecard": _rule(ROLES),
    "get_runs": _rule(_MODELS, "everywhere"),
    "get_run": _rule(_MODELS, "everywhere"),
    "get_cards": _rule(_MODELS, "everywhere"),
    "get_card": _rule(_MODELS, "everywhere"),
    "get_cards_against": _rule(_MODELS, "everywhere"),
    "get_monitorings": _rule(_MODELS, "everywhere"),
    "get_monitoring": _rule(_MODELS, "everywhere"),
    "get_swap_sets": _rule(_MODELS, "everywhere"),
    "get_swap_set": _rule(_MODELS, "everywhere"),
    "get_member": _rule(_CASE, "member in path", personal=True),
    "get_member_explanation": _rule(_CASE, "member in path", personal=True),
    "search_members": _rule(_CASE, "rows", personal=True),
    "get_household": _rule(_CASE, "member in path", personal=True),
    "get_whitelist": _rule(_CASE, "rows", personal=True),
    "get_whitelist_changes": _rule(_CASE, "rows", personal=True),
    "get_village_sheet": _rule(_CASE, "village in path", personal=True),
    "get_funnel": _rule(_COUNTS, "rows"),
    "get_portfolio": _rule(_COUNTS, "rows"),
    "get_portfolio_months": _rule(_COUNTS, "rows"),
    "get_portfolio_quality": _rule(_COUNTS, "rows"),
    "get_concentration": _rule(("manager", "analyst", "auditor"), "rows"),
    "post_decision": _rule(("officer",), "member in body"),
    "list_decisions": _rule(_CASE, "rows", personal=True),
    "get_decision": _rule(_CASE, "decision in path", personal=True),
    "get_replay": _rule(("auditor",), "decision in path", personal=True),
    "get_evidence": _rule(("auditor",), "decision in path", personal=True),
    "get_explanation": _rule(_CASE, "decision in path", personal=True),
    "post_review_request": _rule(("officer",), "decision in path"),
    "list_reviews": _rule((*_CASE, "head"), "rows", personal=True),
    "post_review_claim": _rule(("reviewer",), "decision in path", personal=True),
    "post_review_verdict": _rule(("reviewer",), "decision in path"),
    "post_override": _rule(("reviewer",), "decision in path"),
    "post_review_assignment": _rule(("head",), "decision in path"),
    "post_review_release": _rule(("reviewer",), "decision in path"),
    "post_disbursement": _rule(("officer",), "decision in path"),
    "post_disbursement_cancellation": _rule(("officer",), "decision in path"),
    "post_repayment": _rule(("officer",), "decision in path"),
    "post_repayment_cancellation": _rule(("officer",), "decision in path"),
    "post_confirmation": _rule(("officer", "reviewer"), "decision in path"),
    "post_proposal_withdrawal": _rule(("officer", "reviewer"), "decision in path"),
    "get_disbursements": _rule(_CASE, "decision in path", personal=True),
    "list_differences": _rule(_CASE, "rows", personal=True),
    "post_settlement": _rule(("reviewer",), "member in path"),
    "get_consents": _rule(_CASE, "member in path", personal=True),
    "post_consent": _rule(("officer",), "member in path"),
    "post_consent_withdrawal": _rule(("officer",), "member in path"),
    "get_visits": _rule(_CASE, "member in path", personal=True),
    "post_visit": _rule(("officer",), "member in path"),
    "post_visit_withdrawal": _rule(("officer",), "member in path"),
    "get_member_export": _rule(("officer",), "member in path", personal=True),
    "post_member_erasure": _rule(("reviewer",), "member in path"),
    "get_overrides": _rule(("reviewer", "analyst", "auditor"), "rows"),
    "get_accesses": _rule(("auditor",), "rows"),
    "get_accesses_export": _rule(("auditor",), "rows"),
    "post_ledger_verification": _rule(("auditor",), "everywhere"),
    "get_ledger_verification": _rule(("auditor",), "everywhere"),
    "get_webhooks": _rule(("operator",), "everywhere"),
}


def may_see_persons(roles: Iterable[Role]) -> bool:
    """Return whether one of `roles` may see the persons whom a count is about."""
    return not MATRIX["get_whitelist"].roles.isdisjoint(roles)


def refuse_unlisted(names: Iterable[str]) -> None:
    """Refuse to start with a route that has no rule in the matrix.

    Raises
    ------
    ContractError
        With the names of the routes.
    """
    if unlisted := sorted(set(names) - MATRIX.keys()):
        raise ContractError(
            f"{', '.join(unlisted)}: no access rule; add one for each to api/access/matrix.py"
        )


_SCHEME = "bearer"
_BY_TOKEN = refusals(UNAUTHORISED, FORBIDDEN, TOO_MANY_REQUESTS)
_BY_LOAD = refusals(OVERLOADED, TIMED_OUT)
_BY_HEADERS = refusals(REPEATED_HEADER)
_BY_PROVIDER = refusals(PROVIDER_AWAY)
#: Monitoring routes, which overload never refuses.
_UNREFUSED = frozenset({"get_live", "get_ready", "get_metrics"})
_PROBLEM = {"$ref": "#/components/schemas/ProblemShape"}


def with_access(document: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI document with each route's token and the refusals by access and load."""
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes[_SCHEME] = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    for operations in document["paths"].values():
        for operation in operations.values():
            name = operation["operationId"]
            if name in MATRIX and not MATRIX[name].public:
                operation["security"] = [{_SCHEME: []}]
                _add(operation["responses"], _BY_TOKEN, (401, 403, 429))
                _add(operation["responses"], _BY_PROVIDER, (503,))
            _add(operation["responses"], _BY_HEADERS, (400,))
            if name not in _UNREFUSED:
                _add(operation["responses"], _BY_LOAD, (503,))
    return document


def _add(responses: dict[str, Any], kinds: dict[int | str, Any], statuses: tuple[int, ...]) -> None:
    for status in statuses:
        response = kinds[status]
        content = {MEDIA_TYPE: {"schema": _PROBLEM, "examples": {}}}
        entry = responses.setdefault(
            str(status), {"description": response["description"], "content": content}
        )
        examples = entry["content"][MEDIA_TYPE].setdefault("examples", {})
        for name, example in response["content"][MEDIA_TYPE]["examples"].items():
            examples.setdefault(name, example)
