"""The page ``docs/reference/publication.md``, from ``model/policy/publication.yaml``."""

from __future__ import annotations

from collections.abc import Iterator

from docs.pages.rendering import render
from model.policy.policy_file import read_limits_file
from model.policy.publication import FILE
from model.policy.texts import shipped_text


def publication_page() -> str:
    """Return the page: the ages of an edition and the limits of one publication."""
    return render("publication.md", limits=list(_limits()))


def _limits() -> Iterator[tuple[object, ...]]:
    for name, entry in read_limits_file(shipped_text(FILE), FILE).items():
        for start, value in sorted(entry["values"].items()):
            yield f"`{name}`", _listed(value), entry["unit"], start, entry["source"]


def _listed(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{table} {days}" for table, days in value.items())
    return str(value)
