"""The pages of docs: generated pages are current, links work, commands and settings exist."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click import Context, Group

from api.core.principal import ROLES
from cli.main import rongzi
from docs.pages.catalogue import PAGES, ROOT, is_stale

LINKING = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
    if "templates" not in path.parts
)
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
LINK = re.compile(r"\[[^\]\[]*\]\(([^()\s]+)\)")
SETTING = re.compile(r"\bRONGZI_[A-Z_]+\b")


@pytest.mark.parametrize("path", PAGES)
def test_a_generated_page_is_current(path: str) -> None:
    assert not is_stale(path), "run make docs"


def test_the_check_names_no_page_while_all_are_current() -> None:
    command = [sys.executable, "-m", "docs.pages", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


@pytest.mark.parametrize("page", LINKING)
def test_every_link_of_a_page_leads_to_a_file_and_a_heading(page: str) -> None:
    assert list(_broken(ROOT / page)) == []


def _broken(page: Path) -> Iterator[str]:
    for target in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (anchor and anchor not in _anchors(file)):
            yield target


def _anchors(file: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    text = re.sub(r"```.*?```", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ +(.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.strip().lower()).replace(" ", "-") for each in headings}


def test_every_page_is_linked_from_the_readme_or_another_page() -> None:
    linked = {
        (ROOT / page).parent.joinpath(target.partition("#")[0]).resolve()
        for page in LINKING
        for target in LINK.findall((ROOT / page).read_text(encoding="utf-8"))
    }
    pages = {ROOT / page for page in LINKING if page.startswith(("docs/use", "docs/reference"))}
    assert pages - linked == set()


def test_every_setting_that_the_code_reads_is_on_the_page() -> None:
    page = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    rooms = ("api", "cli", "data", "training")
    files = (path for room in rooms for path in (ROOT / room).rglob("*.py"))
    named = {name for file in files for name in SETTING.findall(file.read_text(encoding="utf-8"))}
    assert named - set(SETTING.findall(page)) == set()


@pytest.mark.parametrize("page", LINKING)
def test_every_command_that_a_page_prints_has_its_options(page: str) -> None:
    blocks = re.findall(r"```.*?```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    printed = [line for block in blocks for line in re.findall(r"^rongzi [a-z].*", block, re.M)]
    assert [line for line in printed if not _printed_options(line) <= _declared_options(line)] == []


def _printed_options(line: str) -> set[str]:
    return set(re.findall(r"--[a-z][a-z-]*", line.partition("  #")[0]))


def _declared_options(line: str) -> set[str]:
    """Return the options of the command that a line calls, those of its group included."""
    found, command = {"--help"}, rongzi
    for word in line.split()[1:]:
        inner = command.get_command(Context(command), word) if isinstance(command, Group) else None
        if inner is None:
            break
        command = inner
        found |= {name for option in command.params for name in option.opts}
    return found if command is not rongzi else set()


def test_every_command_and_role_is_on_its_page() -> None:
    commands = PAGES["docs/reference/command_line.md"]()
    names = rongzi.list_commands(Context(rongzi))
    assert all(f"\n## rongzi {name}\n" in commands for name in names)
    roles = PAGES["docs/reference/roles.md"]()
    assert all(f"\n| {role} |" in roles for role in ROLES)
