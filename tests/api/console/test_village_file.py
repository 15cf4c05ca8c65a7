"""The sheet of a village as a file: the words of the page, for the same people, on whole pages."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from api.access.matrix import MATRIX
from api.console.paper_file import is_installed
from api.console.table_paper import Column, TablePaper, draw_table
from api.core.principal import ROLES
from tests.support.console.pdf import facts_of, fonts_of, need_pdf, pages_of
from tests.support.console.visitor import Visitor
from tests.support.fixtures.branch import ELSEWHERE, Branch

HEADS = "会员等级、额度、授权要核实的走访记录"


@pytest.fixture
def here(branch: Branch) -> str:
    return f"/console/villages/{branch.member['village_code']}"


def _table(lines: list[int]) -> TablePaper:
    """Return a table with a row for each of `lines`: so many lines are in its second column."""
    rows = tuple(
        ((f"甲{n}起", "371502********001X"), tuple(f"核实{n}之{at}" for at in range(count)))
        for n, count in enumerate(lines)
    )
    columns = (Column("会员", 60.0, leads=True), Column("要核实的", 114.0))
    made_at = datetime(2023, 10, 9, tzinfo=UTC)
    return TablePaper("某村", "用后销毁", made_at, "zh-CN", "第 %d 页，共 %d 页", columns, rows)


def _written(folder: Path, content: bytes) -> Path:
    file = folder / "sheet.pdf"
    file.write_bytes(content)
    return file


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_file_holds_the_words_of_the_page_in_its_language(
    branch: Branch, here: str, tmp_path: Path, language: str
) -> None:
    need_pdf()
    visitor = Visitor.of(branch, "officer")
    visitor.cookies["__Host-rongzi-language"] = language
    page, answer = visitor.get(here), visitor.get(f"{here}/sheet.pdf")
    assert f'href="{here}/sheet.pdf"' in page.text
    assert answer.headers["content-type"] == "application/pdf", answer.text
    name = f"rongzi-visit-{branch.member['village_code']}.pdf"
    assert answer.headers["content-disposition"].endswith(f'"{name}"')
    text = "".join(pages_of(_written(tmp_path, answer.content)))
    people = re.findall(r'<li class="person">(.*?)<div class="person-room"', page.text, re.S)
    assert len(people) > 10
    rest = text
    for number, person in enumerate(people, 1):
        said = [unescape(each) for each in re.findall(r">([^<>]+)<", person) if each.strip()]
        for each in (f"{number}. {said[0]}", *said[1:]):
            _, found, rest = rest.partition("".join(each.split()))
            assert found, f"{each} of person {number} is not in the file, or not there"
    assert ("演示" if language == "zh" else "Demo") in text


def test_the_file_is_a4_with_its_typeface_inside_and_the_same_each_time(
    branch: Branch, here: str, tmp_path: Path
) -> None:
    need_pdf()
    visitor = Visitor.of(branch, "officer")
    content = visitor.get(f"{here}/sheet.pdf").content
    file = _written(tmp_path, content)
    assert facts_of(file)["Page size"].endswith("(A4)")
    (font,) = fonts_of(file)
    assert font[0].endswith("NotoSansSC")
    assert font[-5:-2] == ["yes", "yes", "yes"]
    pages = pages_of(file)
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        assert HEADS in page
        assert page.endswith(f"第{number}页，共{len(pages)}页")
    assert visitor.get(f"{here}/sheet.pdf").content == content


def test_a_row_stands_on_one_page_as_a_whole(tmp_path: Path) -> None:
    need_pdf()
    lines = [1 + n * 5 % 13 for n in range(60)]
    pages = pages_of(_written(tmp_path, draw_table(_table(lines))))
    assert len(pages) > 4
    for n, count in enumerate(lines):
        words = (f"甲{n}起", *(f"核实{n}之{at}" for at in range(count)))
        (page,) = (each for each in pages if words[0] in each)
        assert [word for word in words if word not in page] == []
    assert all("会员要核实的" in page and "某村用后销毁" in page for page in pages)


def test_a_row_longer_than_a_page_goes_on_and_an_empty_table_has_its_heads(tmp_path: Path) -> None:
    need_pdf()
    pages = pages_of(_written(tmp_path, draw_table(_table([3, 150, 3]))))
    text = "".join(pages)
    assert [at for at in range(150) if f"核实1之{at}" not in text] == []
    assert len(pages) in (3, 4)
    empty = replace(_table([1]), rows=())
    (only,) = pages_of(_written(tmp_path, draw_table(empty)))
    assert only == "某村用后销毁会员要核实的第1页，共1页"


def test_the_file_is_for_those_who_see_the_page_and_on_the_same_record(
    branch: Branch, here: str
) -> None:
    need_pdf()
    file = f"{here}/sheet.pdf"
    for role in ROLES:
        statuses = {Visitor.of(branch, role).get(path).status_code for path in (here, file)}
        assert statuses == {200 if role in MATRIX["get_village_sheet"].roles else 403}, role
    assert Visitor.of(branch, "officer", places=(ELSEWHERE,)).get(file).status_code == 404
    assert _read_by(branch, here, "one") == _read_by(branch, file, "two")


def _read_by(branch: Branch, path: str, account: str) -> list[tuple[object, ...]]:
    """Return what the access record says of one request of `account`."""
    answer = Visitor.of(branch, "reviewer", account=account).get(path)
    rows = branch.send("get", "/v1/accesses?page_size=50", branch.headers("auditor")).json()["rows"]
    mine = [row for row in rows if row["request_id"] == answer.headers["x-request-id"]]
    assert mine
    return sorted((row["actor"] == account, row["route"], row["persons"]) for row in mine)


def test_without_the_extra_the_page_has_no_link_and_the_address_says_what_to_install(
    branch: Branch, here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fpdf", None)
    assert not is_installed()
    visitor = Visitor.of(branch, "officer")
    answer = visitor.get(f"{here}/sheet.pdf")
    assert (answer.status_code, "pip install" in answer.text) == (501, True)
    assert "sheet.pdf" not in visitor.get(here).text
