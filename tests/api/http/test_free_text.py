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
    "〡〥〤〩〢〢〨〧〧", "ⅠⅤⅣⅨⅢⅤⅦⅥ", "ⅺⅻⅺⅻ", "㊀㊄㊃㊀㊁㊂㊃㊄", "1的5的4的1的2的3的4的5",
    "154然后1234然后5678", "19900然后000012", "1x9x9x0x0x0x0x0",
    "（199）0000 0000", "1_9_9_0_0_0_0_0", "1\u03019\u03019\u03010000",
]  # fmt: skip
PLAIN = [
    "已到大棚实地查看，收入与流水相符", "去年亩产 5,200 斤，今年 4,800 斤",
    "二〇二三年十月九日到访",
    "2023年10月到访，借款12个月，利率4.35%", "一、土地流转；二、大棚两座；三、女儿在镇上",
    "2023-10-09 到访，2023/10/16 复访", "2021、2022、2023 三年均按期还款", "2021到2023年种植大蒜",
    "收入85000和42000，支出31000", "由120000到150000", "收入8512，成本4210，利润4302",
    "家中三口人，一儿一女，老人七十八岁",
    "3亩2分小麦，5亩玉米，2座大棚", "1号棚2号棚3号棚2023年5月建成",
    "面积12.5亩和8.25亩", "贷款30000元，期限12个月，年利率4.35%", "卖羊12只，每只1350元，共16200元",
    "上午9点30分到访，11点离开", "10月9日至10月12日外出", "种小麦2100斤、玉米1800斤、大豆300斤",
    "欠款余额8532和4210", "温室 60 米 × 12 米，3 座", "亩产由一千二百斤提高到一千五百斤",
    "三轮车一辆，拖拉机两台，价值四万五千元",
    "5 plots of 2 mu, 3 sheds, 18 sheep, 40,000 yuan",
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
