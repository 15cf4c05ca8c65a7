"""The generated pages: where each one is, and the function that writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from docs.pages.archive import archive_page
from docs.pages.command_line import command_line_page
from docs.pages.dictionary import dictionary_page
from docs.pages.policy import policy_page
from docs.pages.publication import publication_page
from docs.pages.roles import roles_page
from docs.pages.settings import settings_page

ROOT = Path(__file__).parents[2]

#: Path from the repository root → the function that returns the page's text.
PAGES: Mapping[str, Callable[[], str]] = {
    "docs/reference/archive.md": archive_page,
    "docs/reference/command_line.md": command_line_page,
    "docs/reference/dictionary.md": dictionary_page,
    "docs/reference/policy.md": policy_page,
    "docs/reference/publication.md": publication_page,
    "docs/reference/roles.md": roles_page,
    "docs/reference/settings.md": settings_page,
}


def stale_pages() -> Iterator[str]:
    """Yield the path of each page whose file differs from what its function returns."""
    yield from (path for path in PAGES if is_stale(path))


def is_stale(path: str) -> bool:
    """Return whether the file at `path` is missing or differs from what its function returns."""
    file = ROOT / path
    return not file.exists() or file.read_text(encoding="utf-8") != PAGES[path]()


def write_page(path: str) -> None:
    """Write the page at `path`."""
    (ROOT / path).write_text(PAGES[path](), encoding="utf-8")
