"""Identity numbers, phones and masks."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from model.archive.id_numbers import (
    birth_date_of,
    check_digit,
    id_number_flaw,
    is_phone,
    mask_id_number,
    mask_name,
    mask_phone,
    normal_id_number,
    sex_of,
)

births = st.dates(date(1900, 1, 1), date(2099, 12, 31))
first_17 = st.builds(
    lambda region, born, serial: f"{region:06d}{born:%Y%m%d}{serial:03d}",
    st.integers(0, 999999),
    births,
    st.integers(0, 999),
)


def test_the_examples_printed_in_the_standard_are_sound():
    assert id_number_flaw("11010519491231002X") is None
    assert id_number_flaw("440524188001010014") is None


@given(first_17)
def test_a_number_with_its_own_check_digit_is_sound(digits):
    assert id_number_flaw(digits + check_digit(digits)) is None


@given(first_17, st.integers(0, 16), st.integers(1, 9))
def test_any_single_wrong_digit_is_noticed(digits, position, step):
    sound = digits + check_digit(digits)
    wrong = sound[:position] + str((int(sound[position]) + step) % 10) + sound[position + 1 :]
    assert id_number_flaw(wrong) in {"check_digit", "birth_date"}


@given(first_17, st.integers(0, 15))
def test_two_neighbouring_digits_swapped_are_noticed(digits, position):
    sound = digits + check_digit(digits)
    assume(sound[position] != sound[position + 1])
    swapped = sound[:position] + sound[position + 1] + sound[position] + sound[position + 2 :]
    assert id_number_flaw(swapped) is not None


@given(first_17)
def test_birth_date_and_sex_are_read_from_their_digits(digits):
    assert birth_date_of(digits + "0").strftime("%Y%m%d") == digits[6:14].zfill(8)
    assert sex_of(digits + "0") == ("male" if digits[16] in "13579" else "female")


def test_a_lower_case_check_letter_is_accepted():
    assert id_number_flaw(normal_id_number("11010519491231002x")) is None


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("", "form"),
        ("110105491231002", "form"),
        ("11010519491231002Y", "form"),
        ("１１０１０５19491231002X", "form"),
        ("110105194912310020 ", "form"),
        ("110105194902300021", "birth_date"),
        ("110105194900000021", "birth_date"),
        ("110105194912310021", "check_digit"),
    ],
)
def test_a_flawed_number_says_what_is_wrong(text, flaw):
    assert id_number_flaw(text) == flaw


@pytest.mark.parametrize("text", ["13800001111", "19912345678"])
def test_mainland_mobiles_are_phones(text):
    assert is_phone(text)


@pytest.mark.parametrize(
    "text", ["12800001111", "1380000111", "138000011112", "+8613800001111", "１3800001111", ""]
)
def test_anything_else_is_no_phone(text):
    assert not is_phone(text)


def test_masks_keep_the_ends_only():
    assert mask_id_number("11010519491231002X") == "110***********002X"
    assert mask_phone("13800001111") == "138****1111"
    assert mask_name("欧阳修远") == "欧***"


@given(st.text(max_size=40))
def test_a_mask_never_shows_a_short_or_malformed_value(text):
    for mask, shown in ((mask_id_number, 7), (mask_phone, 7), (mask_name, 1)):
        masked = mask(text)
        assert len(masked) == len(text)
        assert masked.count("*") >= min(len(text), max(1, len(text) - shown))
