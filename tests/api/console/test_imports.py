"""Pages of imports: reports, quarantine files to hand back, and counties that are behind."""

from __future__ import annotations

import io
import re

import openpyxl

from data.importing.kept import QUARANTINE
from tests.support.console.visitor import Visitor
from tests.support.fixtures.branch import Branch

IMPORTS = "/console/imports"


def _first(operator: Visitor) -> str:
    return re.findall(rf'href="({IMPORTS}/[^"]+)"', operator.get(IMPORTS).text)[0]


def test_an_operator_begins_at_imports_and_hands_a_file_back(operated: Branch) -> None:
    operator = Visitor.of(operated, "operator")
    assert operator.get("/console/").headers["location"] == IMPORTS
    here = _first(operator)
    page = operator.get(here)
    assert "村庄.csv" in page.text
    (download,) = re.findall(r'href="([^"]+/quarantine)"', page.text)
    (path,) = (operated.home / QUARANTINE).iterdir()
    assert operator.get(download).content == path.read_bytes()


def test_the_files_of_a_report_are_those_of_a_table_or_with_faults(operated: Branch) -> None:
    operator = Visitor.of(operated, "operator")
    here = _first(operator)
    for query, is_shown in (
        ("table=villages", True), ("only=faults", True), ("table=loans", False),
        ("table=villages&only=faults", True), ("after=50", False),
    ):  # fmt: skip
        page = operator.get(f"{here}?{query}").text
        assert ("村庄.csv" in page) is is_shown, query


def test_an_auditor_reads_the_report_and_downloads_nothing(operated: Branch) -> None:
    auditor = Visitor.of(operated, "auditor")
    here = _first(auditor)
    page = auditor.get(here)
    assert "待更正" in page.text
    assert "/quarantine" not in page.text
    assert auditor.get(f"{here}/files/1/quarantine").status_code == 403


def test_the_workbooks_hold_what_is_on_the_pages(operated: Branch) -> None:
    operator = Visitor.of(operated, "operator")
    answer = operator.get(f"{_first(operator)}/report.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert [list(row)[:4] for row in book["files"].values][1:] == [[1, "村庄.csv", 3, 2]]
    book = openpyxl.load_workbook(io.BytesIO(operator.get("/console/freshness.xlsx").content))
    head, row = book["freshness"].values
    assert head[2:] == ("371502", "371522")
    assert row[0] == "villages"


def test_freshness_names_every_county(operated: Branch) -> None:
    page = Visitor.of(operated, "manager").get("/console/freshness")
    assert ">东昌府区<" in page.text
    assert ">莘县<" in page.text


def test_without_an_import_the_pages_say_so(branch: Branch) -> None:
    operator = Visitor.of(branch, "operator")
    assert "还没有导入记录" in operator.get(IMPORTS).text
    assert "还没有导入记录" in operator.get("/console/freshness").text
