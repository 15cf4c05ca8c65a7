"""Imports of files as branches send them: workbooks, merged cells, units, folders, refusals."""

from pathlib import Path

import pytest
import xlsxwriter

from data.importing.headings.spellings import export_headers
from tests.support.sending_branch import TABLES, counts, member, parcels


def test_a_workbook_of_several_tables_is_imported_sheet_by_sheet(branch):
    path = branch.folder / "township.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for table, content in (("parcels", [parcels(1)]), ("members", [member(1)])):
            sheet = book.add_worksheet(TABLES[table].zh)
            sheet.merge_range("A1:D1", "莘县 2023 年 单位：件")
            sheet.write_row(2, 0, export_headers(TABLES[table]).values())
            for number, row in enumerate(content, start=3):
                sheet.write_row(number, 0, [row.get(c, "") for c in TABLES[table].columns])
            sheet.write_row(4, 0, ["合计", "", 3])
        book.add_worksheet("填表说明").write(0, 0, "请如实填写")
        book.add_worksheet("Sheet4")
    report = branch.send(path)
    assert counts(report) == (2, 2, 0, 0)
    assert report.totals.skipped == 2
    assert list(report.files[0].refused_sheets) == ["填表说明"]


def test_merged_texts_apply_to_every_row_and_merged_figures_to_none(known):
    path = known.folder / "merged.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        headers = export_headers(TABLES["parcels"])
        sheet.write_row(0, 0, headers.values())
        for number in range(4):
            month = f"2023-0{number + 1}"
            row = {"month": month, "sent": 3, "received": 2, "fresh_sent": 1, "damage_claims": 0}
            row["recorded_at"] = "2023-06-02"
            sheet.write_row(number + 1, 0, [row.get(name, "") for name in headers])
        sheet.merge_range("A2:A5", "M001")
        sheet.merge_range("C4:C5", 9)
    report = known.send(path)
    assert counts(report) == (4, 2, 2, 0)
    assert report.reasons == {"MERGED_FIGURE": 2}
    assert {key for (key,) in known.rows("parcels", "member_id")} == {"M001"}


def test_units_of_the_header_are_converted_exactly(known):
    path = known.folder / "plots.csv"
    path.write_text(
        "会员编号,种植季,作物,面积（公顷）,土地性质,租期截止,邮农场示范,托管,亩产（斤）,是否参保\n"
        "M001,2023-S,小麦,0.2,自有,,是,否,951,是\n",
        encoding="utf-8",
    )
    known.send(path)
    ((area, harvest),) = known.rows("plots", "area_mu", "yield_kg_per_mu")
    assert (str(area), str(harvest)) == ("3.00", "475.5")


def test_ids_keep_their_zeros_and_words(branch):
    rows = [member(1, member_id="000123"), member(2, member_id="NA"), member(3, member_id="null")]
    branch.send(branch.file("m.csv", "members", rows))
    assert branch.rows("members", "member_id") == [("000123",), ("NA",), ("null",)]


def test_refused_files_are_named_and_do_not_stop_the_others(branch):
    broken = branch.folder / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 no zip")
    sound = branch.file("m.csv", "members", [member(1)])
    report = branch.send(broken, sound, branch.folder / "none.csv")
    assert [file.refusal.code for file in report.refused] == ["FILE_DAMAGED", "FILE_MISSING"]
    assert counts(report) == (1, 1, 0, 0)


def test_an_empty_table_is_read_as_no_rows(branch):
    report = branch.send(branch.file("m.csv", "members", []))
    assert report.refused == []
    assert counts(report) == (0, 0, 0, 0)
    assert branch.archive.parts("members") == []


def test_a_folder_gives_its_branch_files_once(branch):
    branch.file("m.csv", "members", [member(1)])
    (branch.folder / "notes.json").write_text("{}")
    (branch.folder / "~$m.xlsx").write_bytes(b"lock")
    report = branch.send(branch.folder, branch.folder / "m.csv")
    assert [file.file.name for file in report.files] == ["m.csv"]
    assert [file.name for file in report.files_passed_over] == ["notes.json"]


def test_every_file_of_a_folder_that_is_not_taken_is_named(branch):
    inner = branch.folder / "收件 箱" / "六月"
    inner.mkdir(parents=True)
    for name in ("资金.dat", "资金.et", "资金.zip", "图.PNG", "资金"):
        (inner / name).write_bytes(b"x")
    for name in ("~$会员.xlsx", ".DS_Store", "Thumbs.db", "desktop.ini"):
        (inner / name).write_bytes(b"x")
    (inner / "断.csv").symlink_to(inner / "none.csv")
    (inner / "断.dat").symlink_to(inner / "none.dat")
    branch.file("m.csv", "members", [member(1)]).rename(inner / "会员.CSV")
    report = branch.send(inner.parent)
    assert counts(report) == (1, 1, 0, 0)
    assert [file.file.name for file in report.refused] == ["none.csv"]
    named = [Path(file).name for file in report.as_json()["files_passed_over"]]
    assert named == ["none.dat", "图.PNG", "资金", "资金.dat", "资金.et", "资金.zip"]


def test_a_file_of_another_ending_is_read_where_it_is_named_by_itself(branch):
    path = branch.file("m.csv", "members", [member(1)]).rename(branch.folder / "m.dat")
    report = branch.send(branch.folder, path)
    assert counts(report) == (1, 1, 0, 0)
    assert report.files_passed_over == []


def test_stores_inside_an_imported_folder_are_no_input(branch):
    branch.file("m.csv", "members", [member(1), member(2, joined_on="?")])
    first, second = branch.send(branch.folder), branch.send(branch.folder)
    assert [len(report.files) for report in (first, second)] == [1, 1]
    assert len(branch.send(branch.quarantine).files) == 1


PARCELS = "会员编号,月份,寄件量,收件量,极速鲜寄件量,破损理赔件数"
ROW = "M001,2023-05,3,2,1,0"


@pytest.mark.parametrize("mark", [",", "\t", ";", "|"])
@pytest.mark.parametrize("trailing", ["", "{0}", "{0}{0}"])
@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_a_delimiter_at_the_end_of_each_line_adds_no_column(known, mark, trailing, end):
    lines = [line.replace(",", mark) + trailing.format(mark) for line in (PARCELS, ROW)]
    path = known.folder / "p.txt"
    path.write_bytes((end.join(lines) + end).encode("gb18030"))
    report = known.send(path)
    assert counts(report) == (1, 1, 0, 0)
    assert report.files[0].sheets[0].unknown_columns == ()


@pytest.mark.parametrize(
    ("mark", "shown"),
    [
        ("\x01", "SOH"),
        ("\x1f", "US"),
        ("，", "full-width comma"),
        ("；", "full-width semicolon"),
        ("｜", "full-width bar"),
        ("、", "enumeration comma"),
        ("   ", "space"),
        ("\u3000", "full-width space"),
        ("|!|", "|!|"),
        ("|@|", "|@|"),
        ("^", "^"),
        ("~", "~"),
    ],
)
def test_another_delimiter_is_refused_by_name(known, mark, shown):
    path = known.folder / "p.txt"
    lines = [line.replace(",", mark) for line in (PARCELS, ROW)]
    path.write_bytes("\r\n".join(lines).encode("gb18030"))
    refusal = known.send(path).files[0].refusal
    assert refusal.code == "DELIMITER_UNKNOWN"
    assert shown in refusal.text().en


def test_a_file_without_a_header_is_not_blamed_on_its_delimiter(known):
    path = known.folder / "p.txt"
    path.write_text("本表由村代办员填写，如有疑问 请联系\nM001 2023-05\n", encoding="utf-8")
    assert known.send(path).files[0].refusal.code == "TABLE_NOT_RECOGNISED"
