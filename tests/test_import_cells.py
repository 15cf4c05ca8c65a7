"""What one cell may say, and what it may not."""

from datetime import date
from decimal import Decimal

import pytest

from data.importing.cells import DAY_ZERO_1904, Field, Flaw
from data.importing.parsing import parse_cell
from model.tables import archive_tables

TABLES = archive_tables()


def parsed(place, raw, **options):
    table, column = place.split(".")
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


def test_october_written_with_both_digits_is_no_riddle():
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
def test_a_moment_is_told_in_the_banks_time(raw, moment):
    assert parsed("members.recorded_at", raw).isoformat() == moment


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("1234.5", "1234.50"),
        ("1,234.50", "1234.50"),
        ("１，２３４．５", "1234.50"),
        ("￥1,234.5", "1234.50"),
        ("1234.5元", "1234.50"),
        ("0.12345万元", "1234.50"),
        (" 1234.5 ", "1234.50"),
        ("'1234.5", "1234.50"),
        ("0", "0.00"),
        ("-0.00", "0.00"),
        ("12.345", "12.35"),
        ("12.3449", "12.34"),
        (".5", "0.50"),
    ],
)
def test_money_is_exact_yuan_rounded_half_up_to_fen(raw, value):
    assert str(parsed("sales.amount", raw)) == value


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("abc", "NOT_A_NUMBER"),
        ("1,23", "NOT_A_NUMBER"),
        ("1 234", "NOT_A_NUMBER"),
        ("12-15", "NOT_A_NUMBER"),
        ("约12", "NOT_A_NUMBER"),
        ("NaN", "NOT_A_NUMBER"),
        ("inf", "NOT_A_NUMBER"),
        (".", "NOT_A_NUMBER"),
        ("1.5E+08", "NUMBER_DIGITS_LOST"),
        ("-3", "NEGATIVE_NUMBER"),
        ("－3", "NEGATIVE_NUMBER"),
        ("−3", "NEGATIVE_NUMBER"),
        ("100000000.01", "OUT_OF_RANGE"),
        ("9" * 400, "OUT_OF_RANGE"),
        ("3美元", "UNKNOWN_UNIT"),
        ("#REF!", "FORMULA_ERROR"),
        ("#DIV/0!", "FORMULA_ERROR"),
        ("########", "FORMULA_ERROR"),
        ("=A1+B1", "FORMULA_WITHOUT_VALUE"),
        ("1\ufffd2", "UNREADABLE_CHARACTER"),
        ("1\x002", "CONTROL_CHARACTER"),
    ],
)
def test_what_is_no_money_is_named(raw, code):
    assert parsed("sales.amount", raw) == Flaw(code)


def test_a_unit_in_the_cell_overrides_the_headers():
    assert parsed("plots.area_mu", "2公顷") == Decimal("30.00")
    assert parsed("plots.area_mu", "2", factor=Decimal(15)) == Decimal("30.00")
    assert parsed("plots.area_mu", "2亩", factor=Decimal(15)) == Decimal("2.00")
    assert parsed("plots.yield_kg_per_mu", "951斤") == Decimal("475.5")


def test_a_percentage_is_a_fraction():
    assert parsed("loans.annual_rate", "4.35%") == Decimal("0.043500")
    assert parsed("loans.annual_rate", "4.35", factor=Decimal("0.01")) == Decimal("0.043500")


@pytest.mark.parametrize(
    ("raw", "value"), [("12", 12), ("12.0", 12), ("1,200", 1200), ("１２", 12)]
)
def test_a_count_may_pass_through_a_spreadsheet(raw, value):
    assert parsed("parcels.sent", raw) == value


def test_a_count_is_never_rounded():
    assert parsed("parcels.sent", "12.5") == Flaw("NOT_A_WHOLE_NUMBER")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("00123", "00123"),
        ("NA", "NA"),
        ("null", "null"),
        ("None", "None"),
        ("nan", "nan"),
        ("1E5", "1E5"),
        ("M_0-1", "M_0-1"),
        (" Ｍ００１ ", "M001"),
        ('="00123"', "00123"),
        ("'00123", "00123"),
        ("123.0", "123"),
    ],
)
def test_an_identifier_stays_as_it_was_written(raw, value):
    assert parsed("plots.member_id", raw) == value


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("3.72501E+17", "ID_DIGITS_LOST"),
        ("3.72501e17", "ID_DIGITS_LOST"),
        ("3E+17", "ID_DIGITS_LOST"),
        ("372501199001011232.0", "ID_DIGITS_LOST"),
        ("M 001", "NOT_AN_IDENTIFIER"),
        ("张三", "NOT_AN_IDENTIFIER"),
        ("M001;DROP", "NOT_AN_IDENTIFIER"),
        ("A" * 65, "TOO_LONG"),
        ("-", "MISSING_VALUE"),
        ("", "MISSING_VALUE"),
        ("  \u3000", "MISSING_VALUE"),
    ],
)
def test_what_is_no_identifier_is_named(raw, code):
    assert parsed("plots.member_id", raw) == Flaw(code)


@pytest.mark.parametrize(
    "raw", ["11010519491231002X", "11010519491231002x", "110105 19491231 002X"]
)
def test_an_id_number_is_stored_with_a_capital_check_letter(raw):
    assert parsed("members.id_number", raw) == "11010519491231002X"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("1.10105E+17", "ID_DIGITS_LOST"),
        ("1.1010519491231E+17", "ID_DIGITS_LOST"),
        ("110105194912310000", "ID_DIGITS_LOST"),
        ("110105194912310021", "ID_NUMBER_CHECK_DIGIT"),
        ("110105194902310021", "ID_NUMBER_BIRTH_DATE"),
        ("110105491231002", "NOT_AN_ID_NUMBER"),
        ("110***********002X", "MASKED_VALUE"),
    ],
)
def test_a_flawed_id_number_is_named(raw, code):
    assert parsed("members.id_number", raw) == Flaw(code)


@pytest.mark.parametrize(
    "raw", ["13800001111", "138 0000 1111", "138-0000-1111", "+86 13800001111", "13800001111.0"]
)
def test_a_phone_is_eleven_digits(raw):
    assert parsed("members.phone", raw) == "13800001111"


@pytest.mark.parametrize(
    ("raw", "code"), [("1380000", "NOT_A_PHONE"), ("138****1111", "MASKED_VALUE")]
)
def test_what_is_no_phone_is_named(raw, code):
    assert parsed("members.phone", raw) == Flaw(code)


@pytest.mark.parametrize("raw", ["", "-", "无", "/", "—"])
def test_an_optional_cell_may_say_nothing(raw):
    assert parsed("members.phone", raw) is None


@pytest.mark.parametrize(
    ("raw", "value"),
    [("男", "male"), ("M", "male"), ("1", "male"), ("０", "female"), ("Female", "female")],
)
def test_a_choice_is_stored_by_its_key(raw, value):
    assert parsed("members.gender", raw) == value


def test_a_word_outside_the_choices_is_named():
    assert parsed("members.gender", "未知") == Flaw("UNKNOWN_CHOICE")


@pytest.mark.parametrize(
    ("raw", "value"), [("是", True), ("TRUE", True), ("无", False), ("0", False)]
)
def test_a_flag_is_yes_or_no(raw, value):
    assert parsed("plots.insured", raw) is value


@pytest.mark.parametrize(
    ("raw", "value"),
    [("张　三", "张三"), (" 李\u200b四 ", "李四"), ("John  Smith", "John Smith"), ("NA", "NA")],
)
def test_a_name_loses_stray_spaces_only(raw, value):
    assert parsed("members.name", raw) == value


@pytest.mark.parametrize(
    ("raw", "code"),
    [("张*", "MASKED_VALUE"), ("=HYPERLINK(1)", "FORMULA_WITHOUT_VALUE"), ("张" * 201, "TOO_LONG")],
)
def test_a_name_that_cannot_be_one_is_named(raw, code):
    assert parsed("members.name", raw) == Flaw(code)
