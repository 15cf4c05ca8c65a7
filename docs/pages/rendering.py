"""Fill the templates in ``docs/pages/templates``: prose there, facts from the declarations."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **facts: object) -> str:
    """Return the text of a template, filled with `facts`; a missing fact is an error."""
    return _environment().get_template(template).render(facts).rstrip() + "\n"


def _environment() -> Environment:
    # The output is Markdown, so nothing is escaped for HTML.
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["rows"] = table_rows
    return environment


def table_rows(rows: Iterable[Iterable[object]]) -> str:
    """Return the rows of a Markdown table, without its header."""
    return "\n".join(_row(cells) for cells in rows)


def _row(cells: Iterable[object]) -> str:
    escaped = (str(cell).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"
