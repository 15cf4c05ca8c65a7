"""Quarantine files: what they show, what they hide, and that a corrected one is accepted."""

import csv
from datetime import datetime

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from data.importing.cells.masking import escape_formula, mask_cell
from data.importing.headings.spellings import export_headers
from data.importing.importer import import_files
from data.storage.archive import Archive
from data.storage.cell_text import visible
from model.archive.id_numbers import check_digit
from model.archive.tables import archive_tables

TABLES = archive_tables()
MOMENT = datetime.fromisoformat("2023-10-01T12:00:00")
ID_NUMBER = "99990119800101001" + check_digit("99990119800101001")
MEMBER = {
    "member_id": "M001", "id_number": ID_NUMBER, "name": "欧阳修远", "phone": "13800001111",
    "gender": "男", "birth_date": "1980-01-01", "village_code": "371522100201",
    "household_id": "H001", "occupation": "种植", "joined_on": "2020-05-06",
    "recorded_at": "2020-05-06 10:00:00",
}  # fmt: skip


class Branch:
    """A branch that sends files and receives quarantine files."""

    def __init__(self, folder):
        self.folder, self.archive = folder, Archive(folder / "archive")

    def send(self, *paths):
        return import_files(paths, self.archive, self.folder / "quarantine", MOMENT, workers=1)

    def csv(self, table, rows, name="branch.csv", more=()):
        path, columns = self.folder / name, export_headers(TABLES[table])
        with path.open("w", encoding="gb18030", newline="") as file:
            csv.writer(file).writerow([*columns.values(), *more])
            csv.writer(file).writerows([row.get(c, "") for c in (*columns, *more)] for row in rows)
        return path

    def workbook(self, tables, name="branch.xlsx"):
        path = self.folder / name
        with xlsxwriter.Workbook(path) as book:
            for table, rows in tables.items():
                sheet, columns = book.add_worksheet(TABLES[table].zh), export_headers(TABLES[table])
                sheet.write_row(0, 0, columns.values())
                for number, row in enumerate(rows, start=1):
                    for index, column in enumerate(columns):
                        sheet.write_string(number, index, row.get(column, ""))
        return path


@pytest.fixture
def branch(tmp_path):
    return Branch(tmp_path)


def csv_rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_csv_is_answered_by_a_csv_that_excel_opens(branch):
    report = branch.send(
        branch.csv("members", [MEMBER, MEMBER | {"member_id": "M 2", "gender": "?"}])
    )
    path = report.files[0].quarantine
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    (row,) = csv_rows(path)
    assert row["文件"] == "branch.csv"
    assert row["行号"] == "3"
    assert row["列"] == "会员编号、性别"
    assert row["原因代码"] == "NOT_AN_IDENTIFIER; UNKNOWN_CHOICE"
    assert (
        row["原因"]
        == "会员编号：编号只能由字母、数字、- 和 _ 组成；性别：不在可选范围内，可填：女、男"
    )
    assert row["Reason"].startswith(
        "Member ID: an id may contain only letters, digits, - and _; Gender:"
    )
    assert (row["会员编号"], row["性别"], row["入会日期"]) == ("M 2", "?", "2020-05-06")


def test_a_workbook_is_answered_by_a_workbook_with_the_cells_at_fault_in_red(branch):
    plot = {
        "member_id": "M009",
        "season": "2023-S",
        "crop": "小麦",
        "area_mu": "3",
        "tenure": "代耕",
    }
    path = branch.workbook({"members": [MEMBER | {"joined_on": "2023-02-30"}], "plots": [plot]})
    book = openpyxl.load_workbook(branch.send(path).files[0].quarantine)
    assert book.sheetnames == ["惠农会员档案", "地块与种植"]
    headers = [cell.value for cell in book["地块与种植"][1]]
    row = dict(zip(headers, book["地块与种植"][2], strict=True))
    assert row["原因代码"].value == "UNKNOWN_CHOICE; UNKNOWN_MEMBER"
    assert row["土地性质"].fill.fgColor.rgb == "FFFFC7CE"
    assert row["种植季"].fill.fgColor.rgb != "FFFFC7CE"


def test_direct_identifiers_are_masked(branch):
    report = branch.send(branch.csv("members", [MEMBER | {"joined_on": "?"}]))
    (row,) = csv_rows(report.files[0].quarantine)
    assert row["身份证号"] == f"999***********{ID_NUMBER[-4:]}"
    assert row["手机号"] == "138****1111"
    assert row["姓名"] == "欧***"


def test_identifiers_that_strayed_into_other_columns_are_masked(branch):
    stray = MEMBER | {"member_id": ID_NUMBER, "education": "13800001111", "occupation": ID_NUMBER}
    report = branch.send(branch.csv("members", [stray]))
    text = report.files[0].quarantine.read_text(encoding="utf-8-sig")
    assert ID_NUMBER not in text
    assert "13800001111" not in text
    assert ID_NUMBER not in str(report.as_json())


def test_a_displaced_row_of_persons_shows_its_position_only(branch):
    path = branch.csv("members", [MEMBER])
    with path.open("a", encoding="gb18030", newline="") as file:
        file.write(f"M002,张三,{ID_NUMBER}\r\n")
    (row,) = csv_rows(branch.send(path).files[0].quarantine)
    assert row["原因代码"] == "WRONG_CELL_COUNT"
    assert row["行号"] == "3"
    assert {row["会员编号"], row["身份证号"], row["姓名"]} == {"***"}


def test_columns_that_no_table_has_are_not_copied(branch):
    path = branch.csv("members", [MEMBER | {"joined_on": "?", "配偶": "李四"}], more=["配偶"])
    report = branch.send(path)
    assert report.files[0].sheets[0].unknown_columns == ("配偶",)
    assert "李四" not in report.files[0].quarantine.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_nothing_in_a_quarantine_file_starts_like_a_formula(branch, start):
    evil = f"{start}cmd|' /C calc'!A0"
    path = branch.csv("members", [MEMBER | {"household_id": evil}], name="=1+1.csv")
    for row in csv_rows(branch.send(path).files[0].quarantine):
        assert not [cell for cell in row.values() if cell.startswith(tuple("=+-@\t\r＝"))]


@given(st.text(max_size=12))
def test_the_import_removes_what_the_quarantine_put_before_a_formula(text):
    stripped = text.strip()
    assert visible(escape_formula(stripped)) == visible(stripped)


@given(st.text(max_size=30))
def test_a_shown_cell_never_holds_an_id_number_or_phone(text):
    column = TABLES["members"].columns["education"]
    assert ID_NUMBER not in mask_cell(f"{text} {ID_NUMBER} ", column)
    assert "13800001111" not in mask_cell(f"{text} 13800001111 ", column)


@pytest.mark.parametrize("kind", ["csv", "workbook"])
def test_a_corrected_quarantine_file_can_be_sent_again(branch, kind):
    bad = [MEMBER, MEMBER | {"member_id": "M002", "joined_on": "2023-02-30"}]
    path = branch.csv("members", bad) if kind == "csv" else branch.workbook({"members": bad})
    report = branch.send(path)
    answer = report.files[0].quarantine
    other = "99990119800101003" + check_digit("99990119800101003")
    corrected = {
        "入会日期": "2023-02-28",
        "身份证号": other,
        "姓名": "李四",
        "手机号": "",
        "登记时间": "",
    }
    (_correct_csv if kind == "csv" else _correct_workbook)(answer, corrected)
    again = branch.send(answer)
    assert again.totals.accepted == 1
    assert again.files[0].sheets[0].unknown_columns == ()
    stored = branch.archive.read("members").to_pylist()[-1]
    assert (stored["member_id"], stored["joined_on"].isoformat()) == ("M002", "2023-02-28")


def _correct_csv(path, changes):
    rows = csv_rows(path)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows([row | changes for row in rows])


def _correct_workbook(path, changes):
    book = openpyxl.load_workbook(path)
    headers = [cell.value for cell in book.active[1]]
    for header, text in changes.items():
        book.active.cell(2, headers.index(header) + 1).value = text
    book.save(path)


def test_a_row_that_is_sent_back_still_masked_is_refused(branch):
    answer = branch.send(branch.csv("members", [MEMBER | {"joined_on": "?"}])).files[0].quarantine
    report = branch.send(answer)
    assert report.reasons == {"MASKED_VALUE": 1, "NOT_A_DATE": 1}


def test_a_quarantine_file_is_deleted_when_its_rows_are_accepted(branch):
    parcels = {
        "member_id": "M001", "month": "2023-05", "sent": "3", "received": "2", "fresh_sent": "",
        "recorded_at": "2023-06-02",
    }  # fmt: skip
    path = branch.csv("parcels", [parcels])
    first = branch.send(path).files[0].quarantine
    assert first.exists()
    branch.send(branch.csv("members", [MEMBER], name="m.csv"))
    assert branch.send(path).files[0].quarantine is None
    assert not first.exists()


def _two_bad_rows(branch):
    bad = [MEMBER | {"joined_on": "?"}, MEMBER | {"member_id": "M002", "joined_on": "?"}]
    return branch.send(branch.csv("members", bad)).files[0].quarantine


def _person(number):
    digits = f"9999011980010100{number}"
    return {"身份证号": digits + check_digit(digits), "姓名": "李四", "手机号": "", "登记时间": ""}


def _correct_csv_rows(path, *changes):
    rows = csv_rows(path)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row | change for row, change in zip(rows, changes, strict=False))


@pytest.mark.parametrize("name", [None, "{}.csv", "{} (1).csv", "更正后 {}.csv"])
def test_a_corrected_quarantine_file_removes_the_one_it_came_from(branch, name):
    answer = _two_bad_rows(branch)
    back = answer if name is None else branch.folder / "back" / name.format(answer.stem)
    back.parent.mkdir(exist_ok=True)
    back.write_bytes(answer.read_bytes())
    _correct_csv_rows(
        back, _person(1) | {"入会日期": "2023-02-28"}, _person(3) | {"入会日期": "2023-02-28"}
    )
    report = branch.send(back)
    assert (report.totals.accepted, report.totals.quarantined) == (2, 0)
    assert list(answer.parent.iterdir()) == []


def test_a_corrected_workbook_removes_the_quarantine_file_it_came_from(branch):
    bad = MEMBER | {"joined_on": "2023-02-30"}
    answer = branch.send(branch.workbook({"members": [bad]})).files[0].quarantine
    back = branch.folder / "back" / answer.name
    back.parent.mkdir()
    back.write_bytes(answer.read_bytes())
    _correct_workbook(back, _person(1) | {"入会日期": "2023-02-28"})
    assert branch.send(back).totals.accepted == 1
    assert not answer.exists()


def test_rows_that_are_still_bad_replace_the_quarantine_file(branch):
    answer = _two_bad_rows(branch)
    _correct_csv_rows(
        answer, _person(1) | {"入会日期": "2023-02-28"}, _person(3) | {"入会日期": "?"}
    )
    left = branch.send(answer).files[0].quarantine
    assert left.name.startswith("branch-")
    assert left.stem.count("-") == 1
    assert list(left.parent.iterdir()) == [left]
    assert [row["会员编号"] for row in csv_rows(left)] == ["M002"]


def test_a_correction_that_is_imported_twice_is_answered_by_one_file(branch):
    answer = _two_bad_rows(branch)
    back = branch.folder / "back" / f"{answer.stem} 更正.csv"
    back.parent.mkdir()
    back.write_bytes(answer.read_bytes())
    _correct_csv_rows(back, _person(1) | {"入会日期": "2023-02-28"}, _person(3) | {"入会日期": "?"})
    (left, again) = (branch.send(back).files[0].quarantine for _ in range(2))
    assert left == again
    assert left.name.startswith("branch-")
    assert list(answer.parent.iterdir()) == [left]


def test_a_quarantine_file_stays_while_a_copy_lacks_some_of_its_rows(branch):
    answer = _two_bad_rows(branch)
    back = branch.folder / "back" / answer.name
    back.parent.mkdir()
    back.write_bytes(answer.read_bytes())
    _correct_csv_rows(back, _person(1) | {"入会日期": "2023-02-28"})
    assert branch.send(back).totals.accepted == 1
    assert answer.exists()


def test_a_file_that_only_resembles_a_quarantine_file_removes_none(branch):
    answer = _two_bad_rows(branch)
    branch.send(branch.csv("members", [MEMBER], name=f"x-{answer.stem[-8:]}.csv"))
    assert answer.exists()
