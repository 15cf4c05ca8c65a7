"""Dates, months, seasons and times in every form that branches write."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
     "\ufeff2023-05-01", "20230501102030", "2023-05-01 00:00:00.0", "2023/5/1 上午 12:00:00",
     "2023-05-01 12:00:00 AM", "2023/5/1 下午 3:20", "2023-05-01 11:59:59 pm", "01-5月 -23",
     "01-MAY-23", "01-MAY-2023", "1-May-23", "01-MAY-23 03.04.05 PM", "2023-04-30T16:00:00.000Z",
     "2023-05-01T00:00:00+08:00", "2023-04-30 23:59:17", "2023-04-30T23:59:16.999",
     "2023-05-01 23:59:59", "2023-05-01 23:59:59.999", "2023-05-01 00:00:43", "45046.9995",
     "Mon May 01 2023 00:00:00 GMT+0800 (中国标准时间)", "Sun Apr 30 2023 16:00:00 GMT+0000",
     "1682870400000", "`2023-05-01", "2023.05.01.", "二〇二三年五月一日", "二零二三年五月一日"],
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
        ("20.5.1", "NOT_A_DATE"),
        ("2020年05月", "NOT_A_DATE"),
        ("01-ABC-20", "IMPOSSIBLE_DATE"),
        ("31-FEB-2020", "IMPOSSIBLE_DATE"),
        ("2020-05-01 24:00:00", "IMPOSSIBLE_DATE"),
        ("2020-05-01 13:00:00 PM", "NOT_A_DATE"),
        ("二〇二〇年十三月一日", "IMPOSSIBLE_DATE"),
        ("二〇二〇年五月三十一二日", "NOT_A_DATE"),
        ("2020-05-01 16:00:00?", "DAY_IN_DOUBT"),
        ("?", "NOT_A_DATE"),
        ("1900-01-01", "NULL_DATE"),
        ("1900/1/1", "NULL_DATE"),
        ("1900-01-01 00:00:00", "NULL_DATE"),
        ("1904-01-01", "NULL_DATE"),
        ("1970-01-01T00:00:00Z", "NULL_DATE"),
        ("0", "NOT_A_DATE"),
        ("1900-01-00", "IMPOSSIBLE_DATE"),
        ("0000-00-00", "IMPOSSIBLE_DATE"),
        ("0001-01-01", "DATE_OUT_OF_RANGE"),
        ("1753-01-01", "DATE_OUT_OF_RANGE"),
        ("1899-12-30", "DATE_OUT_OF_RANGE"),
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


@pytest.mark.parametrize("raw", ["1970-01-01", "1970-01-01 08:00:00", "1900-01-01", "0"])
def test_no_row_was_recorded_on_the_day_from_which_programs_count(raw):
    assert isinstance(parsed("members.recorded_at", raw), Flaw)


def test_a_person_may_be_born_on_the_day_from_which_programs_count():
    assert parsed("members.birth_date", "1970-01-01") == date(1970, 1, 1)


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("1988-06-30T15:00:00.000Z", date(1988, 7, 1)),
        ("1988-06-30T16:00:00Z", date(1988, 7, 1)),
        ("1988-07-01T00:00:00+09:00", date(1988, 7, 1)),
        ("1989-05-31T15:00:00Z", date(1989, 6, 1)),
        ("1991-04-30T15:00:00Z", date(1991, 5, 1)),
        ("1986-05-04T15:00:00Z", date(1986, 5, 5)),
        ("1992-06-30T15:00:00Z", date(1992, 6, 30)),
        ("1970-06-30T16:00:00.000Z", date(1970, 7, 1)),
        ("583686000000", date(1988, 7, 1)),
    ],
)
def test_china_kept_summer_time_from_1986_to_1991(raw, day):
    assert parsed("members.birth_date", raw) == day


@given(st.dates(date(1940, 6, 2), date(2099, 12, 30)))
def test_a_local_midnight_written_in_utc_is_that_day(day):
    stamp = datetime.combine(day, time(), ZoneInfo("Asia/Shanghai")).astimezone(UTC)
    assert parsed("members.birth_date", f"{stamp:%Y-%m-%dT%H:%M:%S}Z") == day
