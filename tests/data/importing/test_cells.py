"""Values and flaws of single cells."""

from decimal import Decimal

import pytest

from data.importing.cells.cell import Field, Flaw
from data.importing.cells.parsers import parse_cell
from model.archive.tables import archive_tables

TABLES = archive_tables()


def parsed(name, raw, **options):
    table, column = name.split(".")
    return parse_cell(raw, Field(TABLES[table].columns[column], **options))


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
def test_an_optional_cell_may_be_blank(raw):
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
