"""A blank template has every header with a note, and filled in it imports."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from cli.main import rongzi
from data.importing.headings.spellings import FLAG_WORDS, export_choices
from data.importing.template import write_template
from model.archive.tables import Column, archive_tables
from tests.support.prerequisites import lacking
from tests.support.sending_branch import SendingBranch, id_number, member

TABLES = archive_tables()
#: A sound value of each kind whose cells are free.
_VALUES = {
    "village": "371522100201", "place": "371522", "text": "文字", "integer": 1, "number": 1,
    "money": 1, "date": date(2021, 5, 6), "month": "2021-05", "season": "2021-S",
    "timestamp": "2021-06-07 08:09:10", "phone": "13800001111", "id_number": id_number(1),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_every_header_has_a_note_and_every_choice_a_list(name: str, tmp_path: Path) -> None:
    write_template(TABLES[name], tmp_path / "blank.xlsx")
    page = openpyxl.load_workbook(tmp_path / "blank.xlsx").active
    columns = list(TABLES[name].columns.values())
    assert [cell.value for cell in page[1]] == [column.zh for column in columns]
    for cell, column in zip(page[1], columns, strict=True):
        assert column.en in cell.comment.text
        assert ("必填" in cell.comment.text) == (not column.optional and not column.absent)
    lists = {str(rule.sqref).split("2:")[0]: rule for rule in page.data_validations.dataValidation}
    for cell, column in zip(page[1], columns, strict=True):
        if column.kind in ("choice", "flag"):
            words = lists[cell.column_letter].formula1.strip('"').split(",")
            assert words == list((export_choices(column) or FLAG_WORDS).values())


@pytest.mark.parametrize("name", TABLES)
def test_a_filled_template_imports(name: str, tmp_path: Path) -> None:
    branch = SendingBranch(tmp_path)
    branch.archive.folder.mkdir()
    blank = tmp_path / f"{name}.xlsx"
    write_template(TABLES[name], blank)
    _fill(blank, name)
    report = branch.send(blank)
    assert report.files[0].refusal is None
    assert report.tables[name].read == 1
    # The template is alone: only the rows to which it refers are missing.
    assert all(reason.startswith("UNKNOWN_") for reason in report.reasons)
    assert "UNKNOWN_CHOICE" not in report.reasons


def test_a_blank_template_imports_without_rows(tmp_path: Path) -> None:
    branch = SendingBranch(tmp_path)
    write_template(TABLES["members"], tmp_path / "blank.xlsx")
    report = branch.send(tmp_path / "blank.xlsx")
    assert report.files[0].refusal is None
    assert report.totals.read == 0


def test_libreoffice_opens_a_template_and_what_it_saves_imports(tmp_path: Path) -> None:
    lacking(*(["LibreOffice (soffice)"] if shutil.which("soffice") is None else []))
    branch = SendingBranch(tmp_path)
    blank = tmp_path / "members.xlsx"
    write_template(TABLES["members"], blank)
    _fill(blank, "members")
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
         "--convert-to", "xlsx", "--outdir", str(tmp_path / "saved"), str(blank)],
        check=True, timeout=120, capture_output=True,
    )  # fmt: skip
    report = branch.send(tmp_path / "saved" / "members.xlsx")
    assert report.totals.accepted == 1


def test_a_filled_template_is_never_replaced(tmp_path: Path) -> None:
    out = tmp_path / "plots.xlsx"
    first = CliRunner().invoke(rongzi, ["template", "plots", "--out", str(out)])
    assert first.exit_code == 0
    again = CliRunner().invoke(rongzi, ["template", "plots", "--out", str(out)])
    assert "may be filled in" in str(again.exception)


def _fill(path: Path, name: str) -> None:
    """Add one row of sound values below the header."""
    book = openpyxl.load_workbook(path)
    recorded = "2021-06-07 08:09:10"
    stated = member(1, recorded_at=recorded) if name == "members" else {}
    columns = TABLES[name].columns.values()
    book.active.append([stated.get(column.name) or _value(column) for column in columns])
    book.save(path)


def _value(column: Column) -> object:
    if column.kind == "choice":
        return next(iter(export_choices(column).values()))
    if column.kind == "flag":
        return "是"
    if column.name.endswith("_word"):
        return None
    if column.kind == "identifier":
        return f"X-{column.name}"
    if column.kind == "number" and column.minimum is not None:
        return max(column.minimum, Decimal(1))
    return _VALUES[column.kind]
