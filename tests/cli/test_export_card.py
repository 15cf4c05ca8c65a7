"""``rongzi export-card``: what a database, an auditor and a credit committee get."""

import hashlib
import zipfile

import numpy as np
import openpyxl
import pytest
from click.testing import CliRunner

from cli.export_card import command
from model.card.bins import Bins, Term
from model.card.card_file import write_card
from model.card.card_json import card_from_json
from model.card.reason_table import AttributeText
from model.card.scorecard import Card, Grade, Scaling
from model.errors import CardError
from model.profile.dictionary import Text

EVIL = ('=HYPERLINK("x")', "+1", "-1", "@cmd", "＝1+1")


def run(*options):
    return CliRunner().invoke(command, [str(o) for o in options], catch_exceptions=False)


@pytest.fixture
def pair_card(tmp_path):
    """A card of a number and a text, alone and together; its texts would be formulas."""
    bins = {
        "income": Bins("income", (1_000.0, 5_000.0), (), 0.0, None),
        "crop": Bins("crop", (), (EVIL[:2], EVIL[2:])),
    }
    label = Text(EVIL[0], EVIL[1])
    terms = (
        Term(("income",), np.array([0, 10, 25, 5, -3]), 12),
        Term(("income", "crop"), np.arange(20).reshape(5, 4) - 9, 1),
    )
    totals = np.arange(480, 640, 4)
    card = Card(
        "试卡 & co", 560, bins, terms, {n: AttributeText(label, label, label, True) for n in bins},
        totals, 1 / (1 + 50 * 2.0 ** ((totals - 600) / 20)),
        (Grade("A", 0.02), Grade("B", 0.1), Grade("C", 1.0)), Scaling(), {"target": EVIL[2]},
    )  # fmt: skip
    write_card(tmp_path / "card", card)
    return tmp_path / "card", card


@pytest.fixture
def book(pair_card, tmp_path):
    folder, _ = pair_card
    result = run("--format", "xlsx", "--card", folder, "--out", tmp_path / "card.xlsx")
    assert result.exit_code == 0, result.output
    return openpyxl.load_workbook(tmp_path / "card.xlsx")


def cells(sheet):
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_json_is_the_cards_own_bytes_whose_hash_is_its_digest(pair_card, tmp_path):
    folder, card = pair_card
    result = run("--format", "json", "--card", folder, "--out", tmp_path / "out.json")
    payload = (tmp_path / "out.json").read_bytes()
    assert hashlib.sha256(payload).hexdigest()[:16] in result.output
    assert card_from_json(payload).terms[1].points.tolist() == card.terms[1].points.tolist()
    assert "未批准 not approved" in result.output


def test_the_card_in_use_is_exported_with_its_approver(card_home):
    result = run("--format", "sql", "--home", card_home)
    assert "-- 批准 approved: Tester, 2023-10-01" in result.output
    assert "FROM applicants AS t" in result.output


def test_a_card_whose_bytes_changed_is_not_exported(pair_card):
    folder, _ = pair_card
    payload = (folder / "card.json").read_bytes()
    (folder / "card.json").write_bytes(payload.replace(b"560", b"660"))
    with pytest.raises(CardError, match="do not match"):
        run("--format", "sql", "--card", folder)


def test_a_workbook_needs_a_file():
    result = run("--format", "xlsx")
    assert result.exit_code == 2
    assert "--out card.xlsx" in result.output


def test_the_committee_finds_cover_attributes_pairs_scale_and_sources(book):
    names = [
        "封面 Cover",
        "指标 Attributes",
        "组合 Pairs",
        "PD与等级 PD and grades",
        "来源 Provenance",
    ]
    assert book.sheetnames == names
    cover = dict(row[:2] for row in cells(book["封面 Cover"]) if row[0])
    assert len(cover["摘要 Digest (SHA-256)"]) == 64
    assert cover["批准人 Approved by"] == "未批准 not approved"
    assert cover["总分范围 Totals lie within"] == f"{560 - 3 - 9} – {560 + 25 + 10}"


def test_every_bin_has_its_points(book, pair_card):
    _, card = pair_card
    rows = cells(book["指标 Attributes"])[1:]
    assert [row[5] for row in rows if row[1] == "income"] == card.terms[0].points.tolist()
    assert [row[4] for row in rows if row[1] == "income"][-2:] == [
        "缺失 missing", "超出范围 out of range",
    ]  # fmt: skip
    assert {row[5] for row in rows if row[1] == "crop"} == {"见组合 see pairs"}


def test_a_pair_is_a_coloured_grid(book, pair_card):
    _, card = pair_card
    sheet = book["组合 Pairs"]
    grid = [row[1:5] for row in cells(sheet)[3:8]]
    assert grid == card.terms[1].points.tolist()
    (block,) = sheet.conditional_formatting
    assert str(block.sqref) == "B4:E8"


def test_grades_name_the_totals_they_hold(book, pair_card):
    _, card = pair_card
    rows = cells(book["PD与等级 PD and grades"])
    grades = {row[0]: row[2:4] for row in rows[2:5]}
    least = {
        grade: str(card.pd_points[card.grade(card.pd_points) == grade].min()) for grade in "AB"
    }
    assert grades["A"] == [least["A"], "以上 and up"]
    assert grades["B"] == [least["B"], str(int(least["A"]) - 1)]
    assert grades["C"] == ["任意 any", str(int(least["B"]) - 1)]


def test_no_text_of_the_card_becomes_a_formula(book, tmp_path):
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert not (isinstance(cell.value, str) and cell.value.startswith(EVIL))
    with zipfile.ZipFile(tmp_path / "card.xlsx") as packed:
        assert not any(b"<f>" in packed.read(name) for name in packed.namelist())


def test_every_sheet_prints_one_page_across_on_a4_with_the_cards_name(book):
    for sheet in book:
        assert int(sheet.page_setup.paperSize) == 9
        # One page across is the default and not written; as many down as it takes.
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (None, 0)
        assert "试卡 && co" in sheet.oddFooter.left.text
    assert book["指标 Attributes"].print_title_rows == "$1:$1"
