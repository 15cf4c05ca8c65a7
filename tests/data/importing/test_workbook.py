"""Workbooks as branches send them, written by two libraries and by hand."""

import datetime as dt
import zipfile

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from data.importing.files.formats import open_sheets
from data.importing.files.sheets import MergedRange

SHEET = "xl/worksheets/sheet1.xml"


def rows_of(path):
    with open_sheets(path) as sheets:
        return {
            sheet.name: [row for c in sheet.chunks for row in zip(c.numbers, c.rows, strict=True)]
            for sheet in sheets
        }


@pytest.fixture
def written(tmp_path):
    """Write a sheet with xlsxwriter and read it back as texts."""

    def rows(write, **options):
        path = tmp_path / "book.xlsx"
        with xlsxwriter.Workbook(path, options) as book:
            write(book, book.add_worksheet("表"))
        return [cells for _, cells in rows_of(path)["表"]]

    return rows


@pytest.fixture
def rewritten(tmp_path):
    """Write a workbook of one cell, replace parts of its package by their names, and read it."""

    def rows(**parts):
        plain, path = tmp_path / "plain.xlsx", tmp_path / "changed.xlsx"
        with xlsxwriter.Workbook(plain) as book:
            book.add_worksheet("表").write(0, 0, "a")
        with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w") as target:
            for name in source.namelist():
                changed = parts.get(name.rpartition("/")[2].removesuffix(".xml"))
                target.writestr(name, changed or source.read(name))
        return rows_of(path)["表"]

    return rows


def sheet_xml(rows, root="worksheet", prefix=""):
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    declared = f'xmlns:{prefix[:-1]}="{space}"' if prefix else f'xmlns="{space}"'
    data = f"<{prefix}sheetData>{rows}</{prefix}sheetData>"
    return f"<{prefix}{root} {declared}>{data}</{prefix}{root}>"


@pytest.mark.parametrize("in_memory", [True, False])
def test_texts_numbers_and_blanks_are_read_as_a_person_sees_them(written, in_memory):
    def write(book, sheet):
        sheet.write_row(0, 0, ["会员", "", "00123", 12, 12.0, 1234.5, 0.1 + 0.2, -3, True, 1e-7])

    expected = ["会员", "", "00123", "12", "12", "1234.5", "0.3", "-3", "TRUE", "0.0000001"]
    assert written(write, constant_memory=not in_memory) == [expected]


def test_a_long_number_shows_that_it_has_lost_digits(written):
    rows = written(lambda book, sheet: sheet.write_number(0, 0, 372501199001011234))
    assert rows == [["3.72501199001011E+17"]]
    rows = written(lambda book, sheet: sheet.write_number(0, 0, 371502100201))
    assert rows == [["371502100201"]]


def test_zeros_that_a_format_shows_are_kept(written):
    def write(book, sheet):
        sheet.write_number(0, 0, 42, book.add_format({"num_format": "00000"}))

    assert written(write) == [["00042"]]


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("yyyy-mm-dd", "2023-05-01"),
        ('yyyy"年"m"月"d"日"', "2023-05-01"),
        ("mmm-yy", "2023-05-01"),
        ("[$-804]yyyy/m/d", "2023-05-01"),
        (14, "2023-05-01"),
        (31, "2023-05-01"),
        ("0", "45047"),
        ('0"天"', "45047"),
        ("General", "45047"),
        ("[Red]#,##0.00", "45047"),
    ],
)
def test_a_format_distinguishes_days_from_numbers(written, code, shown):
    def write(book, sheet):
        sheet.write_number(0, 0, 45047, book.add_format({"num_format": code}))

    assert written(write) == [[shown]]


def test_days_with_a_time_keep_it(written):
    def write(book, sheet):
        form = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.write_datetime(0, 0, dt.datetime.fromisoformat("2023-05-01T10:20:30"), form)

    assert written(write) == [["2023-05-01 10:20:30"]]


def test_an_old_mac_workbook_counts_its_days_from_1904(written):
    def write(book, sheet):
        form = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_datetime(0, 0, dt.datetime.fromisoformat("2023-05-01"), form)

    assert written(write, date_1904=True) == [["2023-05-01"]]


DAY = dt.timedelta(days=45047)


@pytest.mark.parametrize(
    ("code", "off", "shown"),
    [
        ("yyyy/m/d", dt.timedelta(hours=-8), "2023-04-30 16:00:00?"),
        ("yyyy/m/d", dt.timedelta(hours=-8, seconds=-43), "2023-04-30 15:59:17?"),
        ("yyyy/m/d", dt.timedelta(hours=-9), "2023-04-30 15:00:00?"),
        (14, dt.timedelta(hours=-1), "2023-04-30 23:00:00?"),
        ("yyyy/m/d", dt.timedelta(hours=8), "2023-05-01 08:00:00"),
        ("yyyy/m/d", dt.timedelta(hours=12), "2023-05-01 12:00:00"),
        ("yyyy/m/d", dt.timedelta(hours=14, minutes=23), "2023-05-01 14:23:00"),
        ("yyyy/m/d", dt.timedelta(seconds=-43), "2023-04-30 23:59:17"),
        ("yyyy/m/d hh:mm", dt.timedelta(hours=-8), "2023-04-30 16:00:00"),
        (22, dt.timedelta(hours=-8), "2023-04-30 16:00:00"),
    ],
)
def test_a_day_that_hides_a_full_hour_of_the_afternoon_is_in_doubt(written, code, off, shown):
    def write(book, sheet):
        serial = (DAY + off) / dt.timedelta(days=1)
        sheet.write_number(0, 0, serial, book.add_format({"num_format": code}))

    assert written(write) == [[shown]]


def test_a_percentage_is_read_with_its_sign(written):
    def write(book, sheet):
        sheet.write_number(0, 0, 0.0435, book.add_format({"num_format": "0.00%"}))

    assert written(write) == [["4.35%"]]


def test_a_formula_gives_its_result_or_shows_that_it_has_none(rewritten):
    cells = (
        '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><f>A1</f></c>'
        '<c r="C1" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="D1" t="str"><f>""</f><v></v></c></row>'
    )
    assert rewritten(sheet1=sheet_xml(cells)) == [(1, ["2", "=", "#DIV/0!"])]


@pytest.mark.parametrize("cell", ["<v/>", "<v></v>", "", '<v xml:space="preserve"></v>'])
@pytest.mark.parametrize("kind", ["", ' t="n"', ' t="b"', ' t="e"'])
def test_only_a_text_may_be_an_empty_result(rewritten, kind, cell):
    row = f'<row r="1"><c r="A1"{kind}><f>2+2</f>{cell}</c></row>'
    assert rewritten(sheet1=sheet_xml(row)) == [(1, ["="])]


def test_a_formula_of_openpyxl_has_no_result(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["M001", "=2+2", "=DATE(2020,5,1)"])
    book.save(tmp_path / "book.xlsx")
    assert rows_of(tmp_path / "book.xlsx")["Sheet"] == [(1, ["M001", "=", "="])]


def test_a_placeholder_of_a_workbook_that_was_never_calculated_is_no_result(written):
    def write(book, sheet):
        sheet.write_formula(0, 0, "=2+2")
        sheet.write_formula(0, 1, "=2+2", None, 4)
        sheet.write_formula(0, 2, '=""', None, "无")
        sheet.write_number(0, 3, 0)
        sheet.write_array_formula("E1:F1", "{=A1:B1*2}")
        sheet.write_dynamic_array_formula("G1:H1", "=A1:B1*2")

    assert written(write) == [["=", "4", "无", "0", "=", "=", "=", "="]]


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ('fullCalcOnLoad="1"', "="),
        ('fullCalcOnLoad="true"', "="),
        ('calcCompleted="0"', "="),
        ('calcId="191029"', "0"),
        ('fullCalcOnLoad="0"', "0"),
    ],
)
def test_a_zero_of_a_formula_counts_if_the_workbook_was_calculated(rewritten, settings, shown):
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    link = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = (
        f'<workbook xmlns="{space}" xmlns:r="{link}"><sheets><sheet name="表" sheetId="1"'
        f' r:id="rId1"/></sheets><calcPr {settings}/></workbook>'
    )
    row = '<row r="1"><c r="A1"><f>1-1</f><v>0</v></c></row>'
    assert rewritten(sheet1=sheet_xml(row), workbook=main) == [(1, [shown])]


def test_an_inline_text_is_not_joined_with_a_value_beside_it(rewritten):
    cells = (
        '<row r="1"><c r="A1" t="inlineStr"><v>12</v><is><t>12</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>12</t></is><v>12</v></c>'
        '<c r="C1" t="inlineStr"><v>12</v></c>'
        '<c r="D1"><v>12</v><is><t>7</t></is></c>'
        '<c r="E1"><is><t>7</t></is></c>'
        '<c r="F1" t="inlineStr"><v>12</v><is><r><t>1</t></r><r><t>3</t></r></is></c></row>'
    )
    assert rewritten(sheet1=sheet_xml(cells)) == [(1, ["12", "12", "12", "12", "7", "13"])]


def test_a_phonetic_hint_is_no_part_of_an_inline_text(rewritten):
    cells = (
        '<row r="1"><c r="A1" t="inlineStr"><is><rPh sb="0" eb="1"><t>zhang</t></rPh>'
        "<r><t>张</t></r>"
        '<rPh sb="1" eb="2"><t>san</t></rPh><r><t>三</t></r><phoneticPr fontId="1"/></is></c>'
        '<c r="B1" t="inlineStr"><is><t>李</t><rPh sb="0" eb="1"><t>li</t></rPh></is></c></row>'
    )
    assert rewritten(sheet1=sheet_xml(cells)) == [(1, ["张三", "李"])]


def test_prefixed_names_missing_references_and_inline_texts_are_read(rewritten):
    cells = (
        '<x:row><x:c t="inlineStr"><x:is><x:r><x:t>会</x:t></x:r><x:r><x:t>员</x:t></x:r></x:is>'
        "</x:c>"
        '<x:c><x:v>3</x:v></x:c><x:c t="d"><x:v>2023-05-01</x:v></x:c></x:row>'
        "<x:row><x:c><x:v>4</x:v></x:c></x:row>"
    )
    read = rewritten(sheet1=sheet_xml(cells, prefix="x:"))
    assert read == [(1, ["会员", "3", "2023-05-01"]), (2, ["4"])]


def test_escaped_characters_are_read_as_themselves(rewritten):
    cells = '<row r="1"><c r="A1" t="str"><v>a_x000D_b_xD800_</v></c></row>'
    assert rewritten(sheet1=sheet_xml(cells)) == [(1, ["a\rb\ufffd"])]


def test_a_phonetic_hint_is_no_part_of_a_text(rewritten):
    strings = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si>'
        "<r><t>张</t></r><r><t>三</t></r><rPh><t>zhang san</t></rPh></si></sst>"
    )
    assert rewritten(sharedStrings=strings) == [(1, ["张三"])]


def test_row_numbers_are_those_of_the_sheet(rewritten):
    cells = (
        '<row r="3"><c r="B3"><v>1</v></c></row><row r="1048576"><c r="A1048576"><v>2</v></c></row>'
    )
    assert rewritten(sheet1=sheet_xml(cells)) == [(3, ["", "1"]), (1048576, ["2"])]


def test_sheets_come_in_the_order_of_their_tabs_hidden_ones_too(tmp_path):
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in ("乙", "甲"):
            book.add_worksheet(name).write(0, 0, name)
        book.get_worksheet_by_name("甲").hide()
        book.add_chartsheet("图")
    assert rows_of(path) == {"乙": [(1, ["乙"])], "甲": [(1, ["甲"])]}


@pytest.mark.parametrize(
    "spelled",
    [
        lambda name: name.replace("/", "\\"),
        lambda name: f"./{name}",
        lambda name: f"/{name}",
        str.upper,
        lambda name: name.replace("sheet1", "Sheet1").replace("xl/", "XL/"),
        lambda name: name.replace("sheet1", "sheet%31"),
    ],
)
def test_a_package_may_spell_the_names_of_its_parts_in_any_valid_way(tmp_path, spelled):
    plain, path = tmp_path / "plain.xlsx", tmp_path / "other.xlsx"
    with xlsxwriter.Workbook(plain) as book:
        book.add_worksheet("表").write(0, 0, "会员")
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            target.writestr(spelled(name), source.read(name))
    assert rows_of(path) == {"表": [(1, ["会员"])]}


def test_the_target_of_a_relation_may_use_backslashes(tmp_path):
    plain, path = tmp_path / "plain.xlsx", tmp_path / "other.xlsx"
    with xlsxwriter.Workbook(plain) as book:
        book.add_worksheet("表").write(0, 0, "会员")
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith(".rels"):
                content = content.replace(b"worksheets/", b"worksheets\\").replace(b"xl/", b"xl\\")
            target.writestr(name, content)
    assert rows_of(path) == {"表": [(1, ["会员"])]}


def test_merged_ranges_are_found(tmp_path):
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:D1", "标题")
        sheet.merge_range("B3:B5", "M001")
    with open_sheets(path) as (sheet,):
        assert list(sheet.merged) == [MergedRange(1, 1, 0, 3), MergedRange(3, 5, 1, 1)]


texts = st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=20)
values = st.one_of(texts, st.integers(-(10**12), 10**12), st.booleans(), st.none(), st.dates())


@settings(deadline=None, max_examples=40)
@given(table=st.lists(st.lists(values, min_size=1, max_size=6), min_size=1, max_size=6))
def test_a_workbook_of_openpyxl_reads_as_its_cells(tmp_path_factory, table):
    path = tmp_path_factory.mktemp("book") / "any.xlsx"
    book = openpyxl.Workbook()
    for row in table:
        book.active.append([f"'{v}" if isinstance(v, str) and v[:1] == "=" else v for v in row])
    book.save(path)
    read = dict(rows_of(path)["Sheet"])
    for number, row in enumerate(table, start=1):
        got = read.get(number, [])
        for value, text in zip(row, [*got, *[""] * len(row)], strict=False):
            assert text in expected(value)


def expected(value):
    if isinstance(value, bool):
        return {str(value).upper()}
    if isinstance(value, dt.date):
        old = (value - dt.date(1899, 12, 30)).days
        return {value.isoformat(), value.isoformat() + " 00:00:00", str(old), str(old - 1)}
    text = "" if value is None else str(value)
    return {text, f"'{text}", text.replace("_x", "_x005F_x")}
