"""What identifies people is recognised by values and names; ordinary columns are not."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from model.archive.id_numbers import check_digit
from training.samples.identifiers import (
    ADDRESSES,
    AMOUNTS,
    CARDS,
    DATES,
    ID_NUMBERS,
    NAMES,
    PHONES,
    UNIQUE,
    UUIDS,
    identifier_kind,
    ungrouped_kind,
)

ROWS = 400
DICE = np.random.default_rng(4)


def column(values):
    return pa.chunked_array([pa.array(list(values))])


def id_numbers():
    """Numbers of an unassigned region, each of three people's rows."""
    first = [f"999999{1950 + i % 50}{1 + i % 12:02}{1 + i % 28:02}{i % 1000:03}" for i in range(99)]
    return [number + check_digit(number) for number in first] * 3


def card_numbers():
    """Sixteen digits whose last one is the check digit by Luhn."""
    for i in range(ROWS):
        body = f"999900{i * 7919:09}"
        total = sum(
            sum(divmod(int(d) * (1 + at % 2), 10)) for at, d in enumerate(reversed(body + "0"))
        )
        yield body + str(-total % 10)


PHONE_NUMBERS = [f"19900{i:06}" for i in range(99)] * 3
PEOPLE = [
    f"{s}{g}" for s in "王李张刘陈杨黄赵吴周" for g in ("伟", "秀英", "小明", "建国", "芳", "兰")
] * 5


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("a", id_numbers(), ID_NUMBERS),
        ("a", [n.lower() for n in id_numbers()], ID_NUMBERS),
        ("a", ["999999" + n[8:17] for n in id_numbers()], ID_NUMBERS),
        ("a", [*id_numbers(), *["填写错误"] * 10], ID_NUMBERS),
        ("a", PHONE_NUMBERS, PHONES),
        ("a", [int(n) for n in PHONE_NUMBERS], PHONES),
        ("a", [float(n) for n in PHONE_NUMBERS], PHONES),
        ("a", [f"+86 {n[:3]}-{n[3:7]}-{n[7:]}" for n in PHONE_NUMBERS], PHONES),
        ("a", list(card_numbers()), CARDS),
        ("a", [" ".join(n[i : i + 4] for i in (0, 4, 8, 12)) for n in card_numbers()], CARDS),
        ("a", [f"{i:08x}-1111-2222-3333-{i:012x}" for i in range(9)] * 9, UUIDS),
        ("a", [f"{i:032X}" for i in range(9)] * 9, UUIDS),
        ("a", [f"u{i}@example.org" for i in range(9)] * 9, ADDRESSES),
        ("a", PEOPLE, NAMES),
        ("借款人姓名", [f"某{i:03}甲" for i in range(ROWS)] * 2, NAMES),
        ("full_name", [f"Ann {i}" for i in range(60)] * 9, NAMES),
        ("客户编号", [f"K{i:05}" for i in range(ROWS)], UNIQUE),
        ("客户编号", [f"K{i:05}" for i in range(ROWS - 10)] + ["K00001"] * 10, UNIQUE),
        ("a", [f"K{i:05}" for i in range(ROWS)], UNIQUE),
        ("cust_id", DICE.permutation(ROWS).tolist(), UNIQUE),
        ("cust_id", [i // 2 for i in range(ROWS)], None),
        ("cust_id", [i * 7 % 331 for i in range(ROWS)], UNIQUE),
        ("row", list(range(ROWS)), UNIQUE),
    ],
)  # fmt: skip
def test_an_identifier_is_recognised(name, values, kind):
    assert identifier_kind(column(values), name) == kind
    if kind is not None:
        assert ungrouped_kind(column(values), name) == kind


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("income", DICE.lognormal(10, 1, ROWS).round(2).tolist()),
        ("income", DICE.permutation(np.arange(ROWS) * 977).tolist()),
        ("income", [f"{x:,.2f}" for x in DICE.lognormal(10, 1, ROWS)]),
        ("行业", ["种植", "养殖", "商贸", "务工"] * 50),
        ("区县", ["高唐县", "莘县", "冠县", "东昌府区"] * 50),
        ("村", [f"{s}{w}庄村" for s in "王李张刘陈杨黄赵" for w in "东西南北前后大小"] * 4),
        ("作物", ["小麦", "玉米"] * 90),
        ("name", ["wheat", "maize"] * 90),
        ("late", DICE.integers(0, 4, ROWS).tolist()),
        ("blank", [None, " "]),
    ],
)
def test_an_ordinary_column_is_no_identifier(name, values):
    assert identifier_kind(column(values), name) is None


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("applied", ["2023-05-01", "2023/6/2", "2023年7月3日"] * 50, DATES),
        ("applied", [20230501, 20230602] * 50, DATES),
        ("applied", [date(2023, 5, 1)] * 9, DATES),
        ("income", DICE.lognormal(10, 1, ROWS).tolist(), AMOUNTS),
        ("income", [f"{x:,.2f}" for x in DICE.lognormal(10, 1, ROWS)], AMOUNTS),
        ("owed", (DICE.integers(0, 400, ROWS) * 100).tolist(), AMOUNTS),
        ("age", DICE.uniform(20, 70, ROWS).tolist(), None),
        ("客户年龄", DICE.integers(20, 65, ROWS).tolist(), None),
        ("children", DICE.integers(0, 12, ROWS).tolist(), None),
        ("sex", ["女", "男"] * 90, None),
    ],
)
def test_a_date_or_an_amount_forms_no_group(name, values, kind):
    assert ungrouped_kind(column(values), name) == kind
