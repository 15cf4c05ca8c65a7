"""Values and ranges in words: as people write them, and never outside what they describe."""

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.explanation.texts import UNITS, Range, range_text, value_text
from model.profile.dictionary import Attribute, Text, member_dictionary

law = settings(deadline=None, max_examples=25)


def test_every_unit_of_the_dictionary_has_its_words():
    used = {attribute.unit for attribute in member_dictionary()} - {""}
    used -= {"day"}  # a rule tells a day as a date
    assert used <= UNITS.keys()


NUMBERS = [each for each in member_dictionary() if each.type == "number" and each.unit != "day"]


@pytest.mark.parametrize("attribute", NUMBERS, ids=lambda each: each.name)
def test_no_number_of_the_dictionary_is_told_bare(attribute):
    most = min(attribute.maximum or 1, 4)
    for value in (most / 2, most):
        told = value_text(attribute, value)
        best = range_text(attribute, Range(value, math.inf))
        for text in (told, best):
            for words in (text.zh, text.en):
                assert not re.fullmatch(r"[\d.,+ -]*", words), words
                if attribute.unit in ("share", "ratio", "change") and re.search(r"\d", words):
                    assert re.search(r"\d%", words), words


def number_of(unit, direction):
    empty = Text("", "")
    label = Text("数", "number")
    return Attribute("x", label, "capital", "number", "scored", empty, empty, unit, (), direction)


@law
@given(
    st.integers(1, 10**9).map(lambda n: n * 0.007),
    st.integers(1, 10**9).map(lambda n: n * 0.007),
    st.sampled_from(["yuan", "share", "days", "ratio", "parcels"]),
)
def test_every_value_that_fits_the_words_of_a_range_is_in_it(low, width, unit):
    own, scale = number_of(unit, "down"), 100 if unit in ("share", "ratio") else 1
    best = Range(low, low + width)
    numbers = re.findall(r"[\d,.]*\d", range_text(own, best).en)
    least, *most = (float(number.replace(",", "")) for number in numbers)
    assert least >= low * scale * (1 - 1e-12)
    if most:
        last = most[0] + (1 if unit == "parcels" else 0)
        assert last <= (low + width) * scale * (1 + 1e-12) + (1 if unit == "parcels" else 0)


@law
@given(st.floats(0, 1e6), st.floats(0, 1e6), st.sampled_from(["yuan", "share", "ratio", "change"]))
def test_the_words_of_a_value_are_in_its_bin(value, edge, unit):
    if unit == "change":
        value, edge = value / 1e6 * 0.99, edge / 1e6 * 0.99
    within = Range(edge, math.inf) if value >= edge else Range(-math.inf, edge)
    own = number_of(unit, "down")
    shown = float(re.search(r"[\d,.]*\d", value_text(own, value, within).en)[0].replace(",", ""))
    scaled = edge * 100 if unit in ("share", "ratio") else edge
    scaled = 200 * edge / (1 - edge) if unit == "change" else scaled
    assert shown >= scaled * (1 - 1e-9) if value >= edge else shown <= scaled * (1 + 1e-9)


@pytest.mark.parametrize(
    ("unit", "value", "zh", "en"),
    [
        ("share", 0.834, "83%", "83%"),
        ("share", 0.0154, "1.5%", "1.5%"),
        ("share", 0.0021, "0.21%", "0.21%"),
        ("yuan", 12_000.4, "12,000 元", "12,000 yuan"),
        ("months", 3.0, "3 个月", "3 months"),
        ("months", 1.0, "1 个月", "1 month"),
        ("ratio", 0.51, "51%", "51%"),
        ("grade", 3.0, "良", "good"),
        ("change", -1 / 3, "-50%", "-50%"),
        ("change", 1 / 3, "+100%", "+100%"),
        ("change", 1.0, "上期为零", "from nothing before"),
        ("yuan", 0.0, "0 元", "0 yuan"),
        ("yuan", math.nan, "没有记录", "no record"),
    ],
)
def test_a_value_reads_as_people_write_it(unit, value, zh, en):
    assert value_text(number_of(unit, "up"), value) == Text(zh, en)


@pytest.mark.parametrize(
    ("unit", "low", "high", "zh", "en"),
    [
        ("share", 0.95, math.inf, "95%或以上", "95% or more"),
        ("share", -math.inf, 0.02, "不到 2%", "below 2%"),
        ("share", 0.2, 0.5, "20%至不到 50%", "20% to below 50%"),
        ("parcels", -math.inf, 1.0, "0 件", "0 parcels"),
        ("parcels", 2.5, 6.0, "3 至 5 件", "3 to 5 parcels"),
        ("grade", 3.0, math.inf, "优或良", "excellent or good"),
        ("change", 0.0, math.inf, "0%或以上", "0% or more"),
        ("yuan", 12_670.2, math.inf, "12,671 元或以上", "12,671 yuan or more"),
    ],
)
def test_a_range_reads_as_people_say_it(unit, low, high, zh, en):
    own = replace(number_of(unit, "up"), minimum=-1.0 if unit == "change" else 0.0)
    assert range_text(own, Range(low, high)) == Text(zh, en)


def test_all_of_a_share_is_told_as_all_of_it():
    own = replace(number_of("share", "down"), minimum=0.0, maximum=1.0)
    assert range_text(own, Range(0.999, math.inf)) == Text("100%", "100%")
