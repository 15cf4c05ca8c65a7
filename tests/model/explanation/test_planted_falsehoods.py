"""The rules that judge sentences find what is planted: a rule that finds nothing proves nothing."""

import re
from dataclasses import replace

import numpy as np
import pytest

from model.explanation.sentences import contributions
from model.profile.dictionary import Text
from tests.support.explaining.members import DICTIONARY, SIDED_CARD, TEXTS
from tests.support.explaining.truth import flaws_of_line

MEMBER = {"refund_share_12m": 0.5, "fresh_share_12m": 0.95, "peer_review_grade_24m": 3.0,
          "net_sales_12m": 1_500.0, "lowest_balance_12m": 20.0, "trainings_24m": 0.0}  # fmt: skip


def line_on(name):
    columns = {n: np.array([None if n in TEXTS else np.nan]) for n in DICTIONARY.attributes}
    columns |= {each: np.array([value]) for each, value in MEMBER.items()}
    found = contributions(columns, SIDED_CARD, DICTIONARY)
    return next(line for line in found if line.attributes == (name,)), columns


def flaws(line, columns):
    return list(flaws_of_line(line, columns, SIDED_CARD, DICTIONARY))


@pytest.mark.parametrize("name", MEMBER)
def test_the_sentence_itself_is_true(name):
    assert flaws(*line_on(name)) == []


@pytest.mark.parametrize(
    ("name", "true", "false"),
    [
        ("refund_share_12m", "50%", "5%"),
        ("refund_share_12m", "高于", "未达到"),
        ("fresh_share_12m", "高于", "低于"),
        ("net_sales_12m", "1,500 元", "1,500.25 元"),
        ("net_sales_12m", "未达到最有利的水平", "“未达到”最有利的水平"),
        ("net_sales_12m", "1,500 元", "1,500 元，最有利的是 24,000 元或以上，约 12 个月可达到"),
        ("trainings_24m", "最有利的是 [0-9]+ 次", "最有利的是 0 次"),
        ("trainings_24m", "，约 12 个月可达到", ""),
        ("trainings_24m", "约 12 个月可达到", "约 2 个月可达到"),
        ("trainings_24m", "，?最有利的是.*", ""),
        ("lowest_balance_12m", "20 元", "20 元，最有利的是 54,080 元或以上"),
        ("trainings_24m", "近两年没有参加过农技培训", "近两年参加农技培训很多"),
    ],
)
def test_a_planted_falsehood_is_found(name, true, false):
    line, columns = line_on(name)
    zh, count = re.subn(true, false, line.subject.zh)
    assert count
    planted = replace(line, subject=Text(zh, line.subject.en))
    assert flaws(planted, columns)


def test_points_told_otherwise_and_a_known_value_told_as_missing_are_found():
    line, columns = line_on("net_sales_12m")
    missing = replace(line, cause=DICTIONARY["net_sales_12m"].missing)
    assert flaws(missing, columns)
    unknown = {**columns, "net_sales_12m": np.array([np.nan])}
    assert flaws(line, unknown)
