"""The page ``docs/reference/roles.md``, from the access matrix of ``api/access/matrix.py``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from api.access.matrix import MATRIX, Rule
from api.core.principal import ROLES
from docs.pages.rendering import render

#: Bounds whose name in the matrix does not explain itself.
_BOUNDS = {
    "nothing": "–",
    "rows": "only rows of the caller's places",
    "everywhere": "only for callers of everywhere",
}


def roles_page() -> str:
    """Return the page: the roles, and every route with who may call it."""
    return render("roles.md", roles=ROLES, routes=list(_routes()))


def _routes() -> Iterator[Sequence[str]]:
    for route, rule in MATRIX.items():
        allowed = (_allowed(rule, role in rule.roles) for role in ROLES)
        bound = _BOUNDS.get(rule.bound, rule.bound)
        yield f"`{route}`", *allowed, bound, "recorded" if rule.personal else ""


def _allowed(rule: Rule, is_named: bool) -> str:
    return "all" if rule.public else "yes" if is_named else ""
