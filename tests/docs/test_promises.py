"""Every test, file and benchmark that a page of evidence names exists."""

from __future__ import annotations

import re

import pytest

from tests.support.paths import ROOT

EVIDENCE = sorted(path.name for path in (ROOT / "docs" / "evidence").glob("*.md"))
PROMISES = ("security.md", "reliability.md")


def _text(page: str) -> str:
    return (ROOT / "docs" / "evidence" / page).read_text(encoding="utf-8")


def _tests() -> set[str]:
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    return {
        name
        for source in sources
        for name in re.findall(r"^ *(?:async )?def (test_\w+)\(", source, re.MULTILINE)
    }


@pytest.mark.parametrize("page", EVIDENCE)
def test_every_test_that_a_page_of_evidence_names_exists(page: str) -> None:
    assert set(re.findall(r"`(test_\w+)", _text(page))) - _tests() == set()


@pytest.mark.parametrize("page", EVIDENCE)
def test_every_file_that_a_page_of_evidence_names_exists(page: str) -> None:
    text = _text(page)
    rooms = "tests|api|benchmarks|cli|data|docs|model|training"
    files = set(re.findall(rf"`((?:{rooms})/[\w/]+\.(?:py|md|yaml))`", text))
    modules = set(re.findall(r"python -m (benchmarks\.\w+)", text))
    files |= {f"{module.replace('.', '/')}.py" for module in modules}
    assert [name for name in sorted(files) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PROMISES)
def test_every_promise_in_a_table_has_a_test_or_a_command(page: str) -> None:
    """The first cell of a row is a promise; the others name its test or its command."""
    tables = re.findall(r"^\| promise .*\n\|[-|]+\n((?:\|.*\n)+)", _text(page), re.MULTILINE)
    promises = [row.strip("| ").split(" | ") for table in tables for row in table.splitlines()]
    assert len(promises) > 10
    proven = re.compile(r"test_|tests/|`F |python -m|benchmarks/")
    unproven = [row[0] for row in promises if not any(map(proven.search, row[1:]))]
    assert unproven == []
