"""Dates, months, seasons and times in every form that branches write."""

from datetime import date

import pytest

from data.importing.cells.cell import DAY_ZERO_1904, Field, Flaw
from data.importing.cells.parsers import parse_cell
from model.archive.tables import archive_tables

TABLES = archive_tables()


def parsed(name, raw, **options):
    table, column = name.split(".")
    return parse_cell(raw, Field(TABLES[table].columns[column], **options))


@pytest.mark.parametrize(
    "raw",
    ["2023年5月1日", "2023/5/1", "2023.5.1", "20230501", "2023-05-01", "2023-05-01 10:20:30",
     "２０２３年５月１日", " 2023-5-1 ", "2023 年 5 月 1 日", "2023年5月1日星期一", "2023年5月1号",
     "45047", "45047.5", "2023-05-01T00:00:00", "2023年5月1日10:20",
     "\ufeff2023-05-01", "20230501102030"],
)  # fmt: skip
def test_a_date_is_read_in_every_form_that_branches_write(raw):
    assert parsed("members.joined_on", raw) == date(2023, 5, 1)


def test_a_day_number_counts_from_1904_in_an_old_mac_workbook():
    assert parsed("members.joined_on", "43585", day_zero=DAY_ZERO_1904) == date(2023, 5, 1)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("2023-02-30", "IMPOSSIBLE_DATE"),
        ("2023年13月1日", "IMPOSSIBLE_DATE"),
        ("20230231", "IMPOSSIBLE_DATE"),
        ("2023-05-01 25:00", "IMPOSSIBLE_DATE"),
        ("1899-12-31", "DATE_OUT_OF_RANGE"),
        ("9999-12-31", "DATE_OUT_OF_RANGE"),
        ("79999", "DATE_OUT_OF_RANGE"),
        ("5/1/2023", "NOT_A_DATE"),
        ("23/5/1", "NOT_A_DATE"),
        ("202305", "NOT_A_DATE"),
        ("2023", "NOT_A_DATE"),
        ("去年", "NOT_A_DATE"),
        ("-1", "NOT_A_DATE"),
        ("", "MISSING_VALUE"),
        ("——", "MISSING_VALUE"),
    ],
)
def test_what_is_no_date_is_named(raw, code):
    assert parsed("members.joined_on", raw) == Flaw(code)


@pytest.mark.parametrize(
    "raw",
    [
        "2023-05",
        "2023年5月",
        "2023年05月份",
        "202305",
        "2023/5",
        "2023.5",
        "2023-05-31",
        "45047",
        "May-23",
    ],
)
def test_a_month_is_its_first_day(raw):
    assert parsed("parcels.month", raw) == date(2023, 5, 1)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("2023.1", "AMBIGUOUS_MONTH"),
        ("2023-13", "IMPOSSIBLE_DATE"),
        ("5月", "NOT_A_MONTH"),
        ("合计", "NOT_A_MONTH"),
    ],
)
def test_what_is_no_month_is_named(raw, code):
    assert parsed("parcels.month", raw) == Flaw(code)


def test_october_written_with_both_digits_is_accepted():
    assert parsed("parcels.month", "2023.10") == date(2023, 10, 1)


@pytest.mark.parametrize(
    ("raw", "season"),
    [
        ("2023-S", "2023-S"),
        ("2023s", "2023-S"),
        ("2023年夏收", "2023-S"),
        ("2023 秋季", "2023-A"),
        ("2023大棚", "2023-G"),
        ("２０２３－Ａ", "2023-A"),
    ],
)
def test_a_season_is_read_in_chinese_and_in_short(raw, season):
    assert parsed("plots.season", raw) == season


@pytest.mark.parametrize("raw", ["2023-W", "2023", "夏收", "23-S"])
def test_what_is_no_season_is_named(raw):
    assert parsed("plots.season", raw) == Flaw("NOT_A_SEASON")


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("2023-05-01", "2023-05-01T00:00:00"),
        ("2023-05-01 10:20:30.25", "2023-05-01T10:20:30.250000"),
        ("2023年5月1日 10时20分30秒", "2023-05-01T10:20:30"),
        ("2023-05-01T02:20:30Z", "2023-05-01T10:20:30"),
        ("2023-05-01T10:20:30+08:00", "2023-05-01T10:20:30"),
        ("45047.25", "2023-05-01T06:00:00"),
    ],
)
def test_a_time_is_converted_to_the_banks_zone(raw, moment):
    assert parsed("members.recorded_at", raw).isoformat() == moment
