"""Columns that tell people or days apart: ids, phones, names, dates, amounts.

An identifier says nothing of risk and names a person, so no card scores it, no group is formed of
it, and no message shows its values. A date or an amount forms no group either.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data.storage.flat_table import numbers, words
from model.archive.id_numbers import id_number_flaw, is_phone, normal_id_number
from model.card.bins import Floats
from model.profile.dictionary import Text

#: A column is of a kind if this share of its values is; the others are typing errors.
_MOST = 0.9
#: A column with more distinct values than this share of its rows identifies rows.
NEARLY_UNIQUE = 0.95
#: A column called an id needs fewer: an id repeats where a person has several rows.
_NAMED_UNIQUE = 0.5
#: Values looked at, evenly spread over the column.
_LOOKED_AT = 5000
#: So few values can be unique by chance.
_MIN_VALUES = 50
#: A whole number with more values than this, or any other number, is an amount: no group.
_MAX_GROUPED_VALUES = 100

ID_NUMBERS = Text("身份证号", "id numbers")
PHONES = Text("手机号码", "phone numbers")
CARDS = Text("银行卡号", "card numbers")
ADDRESSES = Text("电子邮箱", "e-mail addresses")
UUIDS = Text("唯一标识码", "technical ids")
NAMES = Text("姓名", "names of people")
UNIQUE = Text("几乎每行不同，疑为编号", "nearly every value is unique: an id")
DATES = Text("日期", "dates")
AMOUNTS = Text("取值很多的数量或金额", "amounts with many values")

_ID_NAME = re.compile(r"(^|[^a-z])(id|key|serial|number|no)$|编号|号码|序号", re.IGNORECASE)
_PERSON_NAME = re.compile(
    r"姓名|名字|户主$|借款人$|担保人$|客户名称|(^|[^a-z])(full|first|last|sur|family)?_?name$",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"[12][0-9]{3}\s*[-/.年]\s*[0-9]{1,2}\s*[-/.月].*"
    r"|(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])(\.0)?"
)
_OLD_ID_NUMBER = re.compile(r"[0-9]{6}[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}")
_UUID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}|[0-9a-f]{24,}", re.IGNORECASE)
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_SEPARATORS = re.compile(r"[\s-]")
_CHINESE_NAME = re.compile(r"[\u3400-\u9fff]{2,4}|[\u3400-\u9fff]{2,10}·[\u3400-\u9fff]{2,10}")
#: Some people bear a surname that is not in the list.
_MOST_SURNAMES = 0.8
_PLACE = re.compile(r".*[省市县区镇乡村街道路组]")
#: The most frequent surnames; about nine people in ten bear one of them (public security
#: ministry, national name report 2020).
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏"
    "苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵"
    "万覃武钱戴莫孔汤向常温康施文牛樊葛邢安齐庞颜倪庄聂章鲁岳翟申欧耿关兰焦俞左柳甘祝包代"
)


def identifier_kind(column: pa.ChunkedArray, name: str) -> Text | None:
    """Return what identifies people or rows in `column`; None if nothing does."""
    values = _present(column)
    if not len(values):
        return None
    seen = values[:: -(-len(values) // _LOOKED_AT)]
    for kind, looks_so in _KINDS:
        if np.mean([bool(looks_so(value)) for value in seen.tolist()]) >= _MOST:
            return kind
    distinct = len(np.unique(values))
    if distinct > _MIN_VALUES and _are_names(seen, name):
        return NAMES
    least = _NAMED_UNIQUE if _ID_NAME.search(name) else NEARLY_UNIQUE
    is_unique = distinct > least * len(values) and distinct > _MIN_VALUES
    return UNIQUE if is_unique and _can_be_id(column, name) else None


def ungrouped_kind(column: pa.ChunkedArray, name: str) -> Text | None:
    """Return why `column` forms no groups: an identifier, a date or an amount; None if it does."""
    if kind := identifier_kind(column, name):
        return kind
    if is_date(column):
        return DATES
    values = numbers(column)
    finite = values[np.isfinite(values)]
    # An age is banded however many values it has.
    if is_age(name) or np.isfinite(values).sum() < _MOST * len(_present(column)):
        return None
    return AMOUNTS if _is_amount(finite) else None


def is_date(column: pa.ChunkedArray) -> bool:
    """Return whether the values of `column` are days or times."""
    if pa.types.is_temporal(column.type):
        return True
    distinct = np.unique(_present(column))
    return bool(len(distinct)) and sum(
        bool(_DATE.fullmatch(value)) for value in distinct.tolist()
    ) > _MOST * len(distinct)


def is_age(name: str) -> bool:
    """Return whether a column called `name` holds ages."""
    return "age" in name.lower().split("_") or "年龄" in name


def _is_amount(finite: Floats) -> bool:
    is_whole = bool((finite == np.floor(finite)).all())
    distinct = len(np.unique(finite))
    return distinct > (_MAX_GROUPED_VALUES if is_whole else _MIN_VALUES)


def _present(column: pa.ChunkedArray) -> NDArray[np.str_]:
    if pa.types.is_floating(column.type):
        column = _as_whole_numbers(column)
    values = words(column)
    present: NDArray[np.str_] = values[[value is not None for value in values.tolist()]].astype(str)
    return present


def _as_whole_numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of floats as integers if they are whole: a blank turns an id into a float."""
    try:
        return pc.cast(column, pa.int64())
    except pa.ArrowInvalid:
        return column


def _can_be_id(column: pa.ChunkedArray, name: str) -> bool:
    """Return whether unique values can be an id: text, or whole numbers that are no amounts."""
    if is_date(column):
        return False
    values = numbers(column)
    finite = values[np.isfinite(values)]
    if len(finite) < _MOST * len(_present(column)):
        return True
    is_whole = bool((finite == np.floor(finite)).all())
    return is_whole and bool(_ID_NAME.search(name) or (np.diff(finite) > 0).all())


def _are_names(values: NDArray[np.str_], name: str) -> bool:
    """Return whether `values` are people's names; in a column called so any letters are."""
    if _PERSON_NAME.search(name):
        return bool(np.mean([any(c.isalpha() for c in v) for v in values.tolist()]) >= _MOST)
    return bool(np.mean([_is_chinese_name(value) for value in values.tolist()]) >= _MOST_SURNAMES)


def _is_chinese_name(value: str) -> bool:
    return (
        value[0] in _SURNAMES
        and _CHINESE_NAME.fullmatch(value) is not None
        and _PLACE.fullmatch(value) is None
    )


def _is_id_number(value: str) -> bool:
    number = normal_id_number(_bare(value))
    # A wrong check digit still names a person.
    flaw = id_number_flaw(number)
    return flaw in (None, "check_digit") or bool(_OLD_ID_NUMBER.fullmatch(number))


def _is_phone_number(value: str) -> bool:
    number = _bare(value).removeprefix("+86")
    return is_phone(number.removeprefix("86") if len(number) > 11 else number)


def _is_card_number(value: str) -> bool:
    digits = _bare(value)
    if not (13 <= len(digits) <= 19 and digits.isascii() and digits.isdigit()):
        return False
    # ISO/IEC 7812-1, annex B: the check digit by Luhn.
    doubled = (int(d) * (2 if at % 2 else 1) for at, d in enumerate(reversed(digits)))
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _bare(value: str) -> str:
    """Return `value` without separators, and without the zero of a float such as 13800000000.0."""
    return _SEPARATORS.sub("", value).removesuffix(".0")


_KINDS: tuple[tuple[Text, Callable[[str], object]], ...] = (
    (ID_NUMBERS, _is_id_number),
    (PHONES, _is_phone_number),
    (CARDS, _is_card_number),
    (UUIDS, _UUID.fullmatch),
    (ADDRESSES, _ADDRESS.fullmatch),
)
