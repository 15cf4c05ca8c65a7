"""What the pages of promises name exists: each test, each file, each benchmark."""

from __future__ import annotations

import re

import pytest

from tests.support.cases import ROOT

PAGES = ("security.md", "reliability.md")


def _tests() -> set[str]:
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py"))
    return {
        name
        for source in sources
        for name in re.findall(r"^ *(?:async )?def (test_\w+)\(", source, re.MULTILINE)
    }


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_a_page_of_promises_names_exists(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)", text))
    assert len(named) > 10
    assert named - _tests() == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_of_promises_names_exists(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    files = set(re.findall(r"`((?:tests|api|benchmarks|docs)/[\w/]+\.(?:py|md))`", text))
    modules = set(re.findall(r"python -m (benchmarks\.\w+)", text))
    files |= {f"{module.replace('.', '/')}.py" for module in modules}
    assert [name for name in sorted(files) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_promise_in_a_table_has_a_test_or_a_command(page: str) -> None:
    """A row begins with a promise; what holds it to that stands in its other cells."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    tables = re.findall(r"^\| promise .*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    promises = [row.strip("| ").split(" | ") for table in tables for row in table.splitlines()]
    assert len(promises) > 10
    proven = re.compile(r"test_|tests/|`F |python -m|benchmarks/")
    held = [any(proven.search(cell) for cell in row[1:]) for row in promises]
    assert [row[0] for row, is_held in zip(promises, held, strict=True) if not is_held] == []
