"""Recognition of a sheet's table by its header."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.importing.cells.parsers import parse_cell
from data.importing.headings.heading import Heading, find_heading
from data.importing.headings.spellings import (
    export_choices,
    export_headers,
    match_spelling,
    normal_header,
)
from data.importing.refusals import Refusal
from data.importing.rows.checks import DATED, NUMBER, PROBLEMS, SURPLUS
from data.importing.settling.staging import ROW_ID
from model.archive.tables import EVENT_ON, archive_tables

TABLES = archive_tables()
PARCELS = ["会员编号", "月份", "寄件量", "收件量", "极速鲜寄件量", "破损理赔件数"]
PLOTS = list(export_headers(TABLES["plots"]).values())


def factor(heading, column):
    return heading.matched[column].field.factor


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_recognised_by_its_exported_header(table):
    heading = find_heading([list(export_headers(TABLES[table]).values())])
    assert isinstance(heading, Heading)
    assert heading.table.name == table
    assert list(heading.matched) == list(TABLES[table].columns)


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_recognised_by_its_english_header_and_by_column_names(table):
    columns = TABLES[table].columns
    for header in ([c.en for c in columns.values()], list(columns)):
        heading = find_heading([header])
        assert isinstance(heading, Heading)
        assert heading.table.name == table


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_recognised_without_the_columns_that_may_be_left_out(table):
    heading = find_heading([[c.zh for c in TABLES[table].columns.values() if not c.absent]])
    assert isinstance(heading, Heading)
    assert heading.table.name == table


@pytest.mark.parametrize("table", TABLES)
def test_no_column_has_a_name_that_the_import_or_the_archive_adds(table):
    assert not TABLES[table].columns.keys() & {NUMBER, DATED, PROBLEMS, SURPLUS, ROW_ID, EVENT_ON}


@pytest.mark.parametrize("table", TABLES)
def test_no_spelling_means_two_columns_of_a_table(table):
    for column in TABLES[table].columns.values():
        for spelling in (column.name, column.zh, column.en, *column.also):
            match = match_spelling(table, spelling)
            assert match is not None
            assert match.column == column.name


@given(st.permutations(PARCELS), st.integers(0, 20))
def test_order_of_columns_and_titles_above_do_not_matter(header, titles):
    rows = [["莘县寄递月报（示例）"]] * titles + [list(header)]
    heading = find_heading(rows)
    assert isinstance(heading, Heading)
    assert heading.table.name == "parcels"
    assert heading.row == titles


@pytest.mark.parametrize(
    "spelling",
    ["面积（亩）", "面积(亩)", "面 积\n（亩）", "种植面积", "*面积（亩）", "面积（亩）：",
     "面积【亩】", "Area (mu)", "面积（必填）", "面积/亩", "AREA_MU"],
)  # fmt: skip
def test_a_header_may_be_typed_in_many_ways(spelling):
    match = match_spelling("plots", spelling)
    assert match is not None
    assert match.column == "area_mu"
    assert match.factor in (None, 1)


@pytest.mark.parametrize(
    ("table", "column", "header", "worth"),
    [
        ("plots", "area_mu", "面积（公顷）", "15"),
        ("plots", "area_mu", "种植面积/公顷", "15"),
        ("plots", "yield_kg_per_mu", "亩产（斤）", "0.5"),
        ("plots", "yield_kg_per_mu", "单产（斤/亩）", "0.5"),
        ("sales", "amount", "销售额（万元）", "10000"),
        ("sales", "amount", "成交额(单位：千元)", "1000"),
        ("loans", "annual_rate", "年利率（%）", "0.01"),
        ("loans", "months", "期限（年）", "12"),
    ],
)
def test_a_unit_in_the_header_converts_the_column(table, column, header, worth):
    header_row = [header if n == column else h for n, h in export_headers(TABLES[table]).items()]
    heading = find_heading([header_row])
    assert isinstance(heading, Heading)
    assert factor(heading, column) == Decimal(worth)


def test_a_unit_above_the_header_applies_to_columns_that_name_none():
    header = [h.replace("（元）", "") for h in export_headers(TABLES["sales"]).values()]
    header[header.index("退款额")] = "退款额（元）"
    heading = find_heading([["销售月报", "", "单位：万元"], header])
    assert isinstance(heading, Heading)
    assert factor(heading, "amount") == 10000
    assert factor(heading, "refunds") == 1
    assert factor(heading, "orders") == 1


def test_a_header_in_two_rows_counts_as_one():
    upper = ["会员编号", "月份", "寄递", "", "", ""]
    lower = ["", "", *PARCELS[2:]]
    heading = find_heading([["标题"], upper, lower])
    assert isinstance(heading, Heading)
    assert (heading.table.name, heading.row) == ("parcels", 2)


def test_unknown_columns_are_named_and_left_out():
    heading = find_heading([["序号", *PARCELS, "备注", ""]])
    assert isinstance(heading, Heading)
    assert heading.unknown == ("序号", "备注")
    assert heading.matched["member_id"].position == 1


def test_the_columns_of_a_quarantine_file_are_not_unknown():
    added = ["文件", "行号", "列", "原因代码", "原因", "Reason", "多余单元格"]
    heading = find_heading([[*PARCELS, *added]])
    assert isinstance(heading, Heading)
    assert heading.unknown == ()


def refuse(rows):
    refusal = find_heading(rows)
    assert isinstance(refusal, Refusal)
    return refusal


def test_a_missing_column_is_named_beside_the_unknown_ones():
    refusal = refuse([["会员编号", "月份", "寄件量", "收件量", "极速鲜寄件量", "破损件"]])
    assert refusal.code == "COLUMNS_MISSING"
    assert "破损理赔件数" in refusal.detail
    assert "破损件?" in refusal.detail


def test_a_column_that_occurs_twice_is_named():
    refusal = refuse([[*PARCELS, "寄件数"]])
    assert refusal.code == "COLUMNS_REPEATED"
    assert "寄件量、寄件数" in refusal.detail


def test_a_unit_that_cannot_be_converted_is_named():
    refusal = refuse([[h.replace("（亩）", "（平方米）") for h in PLOTS]])
    assert refusal.code == "HEADER_UNIT_UNKNOWN"
    assert "面积（平方米）" in refusal.detail


@pytest.mark.parametrize(
    "rows", [[], [[""]], [["说明"], ["本表由村代办员填写"]], [["a", "b"]], [["会员编号", "备注"]]]
)
def test_a_sheet_without_a_known_header_is_no_table(rows):
    assert refuse(rows).code == "TABLE_NOT_RECOGNISED"


@pytest.mark.parametrize("table", TABLES)
def test_exported_words_are_read_back_as_their_keys(table):
    heading = find_heading([list(export_headers(TABLES[table]).values())])
    assert isinstance(heading, Heading)
    for matched in heading.matched.values():
        for key, word in export_choices(matched.field.column).items():
            assert parse_cell(word, matched.field) == key


def test_header_words_ignore_width_case_and_ornaments():
    assert normal_header(" ＊Member　ID： ") == normal_header("member id") == "memberid"


@pytest.mark.parametrize("table", TABLES)
def test_every_figure_has_a_range_so_that_it_fits_where_it_is_stored(table):
    for column in TABLES[table].columns.values():
        if column.kind in ("integer", "number", "money"):
            assert column.minimum is not None
            assert column.maximum is not None
            assert column.maximum < 10**9
