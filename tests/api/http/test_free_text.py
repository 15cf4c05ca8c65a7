"""Numbers of persons in free text, written in every way that a person still reads as a number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.free_text import MAX_DIGITS, longest_number, refuse_numbers

#: Invented phone numbers of no network, and the like.
HIDDEN = [
    "19900000000", "199-0000-0000", "199 0000 0000", "199.0000.0000", "199·0000·0000",
    "１９９００００００００", "１９９－００００－００００",
    "一九九零零零零零零零零", "壹玖玖零零零零零零零零", "幺九九〇〇〇〇〇〇〇〇", "199零零零零0000",
    "١٩٩٠٠٠٠٠٠٠٠", "۱۹۹۰۰۰۰۰۰۰۰", "१९९००००००००",
    "1\u200b9\u200b9\u200b0\u200b0\u200b0\u200b0\u200b0", "199\u20600000\ufeff0000",
    "199\u00ad0000\u00ad0000", "①⑨⑨⓪⓪⓪⓪⓪", "𝟙𝟡𝟡𝟘𝟘𝟘𝟘𝟘", "1 9 9 , 0 0 0 0", "1/9/9/0/0/0/0/0",
    "（199）0000 0000", "1_9_9_0_0_0_0_0", "1\u03019\u03019\u03010000",
]  # fmt: skip
PLAIN = [
    "已到大棚实地查看，收入与流水相符", "去年亩产 5,200 斤，今年 4,800 斤",
    "二〇二三年十月九日到访",
    "2023年10月到访，借款12个月，利率4.35%", "一、土地流转；二、大棚两座；三、女儿在镇上",
    "visited on 9 October 2023, income of 85,000 confirmed", "",
]  # fmt: skip


@pytest.mark.parametrize("number", HIDDEN, ids=ascii)
def test_a_number_of_a_person_is_refused_however_it_is_written(number: str) -> None:
    with pytest.raises(ValueError, match="long number"):
        refuse_numbers(f"电话{number}，下午可打")


@pytest.mark.parametrize("text", PLAIN)
def test_an_ordinary_note_is_accepted(text: str) -> None:
    assert refuse_numbers(text) == text


_BETWEEN = st.text("\u200b\u200d\u2060 -.·/", max_size=3)


@given(
    st.lists(st.sampled_from("0123456789０１２３４５六七八九١٢٣"), min_size=7, max_size=18),
    st.data(),
)
def test_separators_and_scripts_hide_no_digit(digits: list[str], data: st.DataObject) -> None:
    text = "".join(digit + data.draw(_BETWEEN) for digit in digits)
    assert longest_number(text) == len(digits) > MAX_DIGITS
