"""The member dictionary: complete, and consistent with its formulas and the generated page."""

from __future__ import annotations

import re

import pytest

from model.archive.tables import archive_tables
from model.errors import ContractError
from model.profile.dictionary import Attribute, member_dictionary, read_dictionary
from model.profile.flows import formulas

ATTRIBUTES = list(member_dictionary())
SCORED = [each for each in ATTRIBUTES if each.role == "scored"]
CHINESE = re.compile("[\u4e00-\u9fff]")
NEVER_SCORED = {"gender", "age_years", "education", "village_code", "household_size"}


def _named(each: Attribute) -> str:
    return each.name


def test_every_attribute_has_one_formula_and_every_formula_an_attribute() -> None:
    assert set(formulas()) == set(member_dictionary().attributes)


def test_about_60_attributes_may_be_scored() -> None:
    assert 55 <= len(SCORED) <= 70


@pytest.mark.parametrize("each", ATTRIBUTES, ids=_named)
def test_an_attribute_names_the_tables_its_formula_needs(each: Attribute) -> None:
    view = formulas()[each.name].view
    needed = {*view.tables, *view.either}
    assert needed <= {*each.source, "members"}
    assert set(each.source) <= set(archive_tables())
    assert each.source


@pytest.mark.parametrize("each", ATTRIBUTES, ids=_named)
def test_every_text_is_there_in_chinese_and_english(each: Attribute) -> None:
    for text in (each.label, each.reason, each.missing):
        assert CHINESE.search(text.zh)
        assert text.en.isprintable()
        assert not CHINESE.search(text.en)


@pytest.mark.parametrize("each", ATTRIBUTES, ids=_named)
def test_a_number_has_a_unit_and_a_range_and_nothing_else_has(each: Attribute) -> None:
    is_number = each.type == "number"
    assert bool(each.unit) == is_number
    assert (each.minimum is not None) == (each.maximum is not None) == is_number
    if each.minimum is not None and each.maximum is not None:
        assert each.minimum < each.maximum


@pytest.mark.parametrize("each", SCORED, ids=_named)
def test_a_scored_attribute_says_a_fact_and_never_that_the_score_is_low(each: Attribute) -> None:
    assert each.type == "number"
    for sentence in (each.reason.zh, each.reason.en, each.missing.zh, each.missing.en):
        assert not re.search(r"分数|评分|得分|scor|points", sentence)
        assert not sentence.endswith((".", "。"))
    assert len(each.reason.zh) <= 30


#: What a loss says, by the direction of risk: the side on which better values lie.
SAYS = {
    "down": (r"未达到|少于|短于|低于", r"below|fewer|less time|shorter|more recent"),
    "up": (r"高于|多于|长于|晚于", r"above|more|longer|later"),
}


#: Words that judge a value by itself, which no bin makes true.
ABSOLUTE = re.compile(
    r"较[高低多少大小长短]|不多|不高|(?<!more )often|\bmany\b|\bsmall\b|\blarge\b"
)


@pytest.mark.parametrize("each", SCORED, ids=_named)
def test_a_reason_compares_with_the_most_favourable_values_on_the_right_side(
    each: Attribute,
) -> None:
    told = [("down", each.below), ("up", each.above), (each.direction, each.reason)]
    assert (each.below is None) == (each.direction != "free")
    for direction, text in told:
        if text and direction != "free":
            zh, en = SAYS[direction]
            assert re.search(zh, text.zh), f"{text.zh}: say on which side it lies ({zh})"
            assert re.search(en, text.en), f"{text.en}: say on which side it lies ({en})"
            assert not re.search(ABSOLUTE, text.zh + text.en)


@pytest.mark.parametrize("each", ATTRIBUTES, ids=_named)
def test_no_text_of_an_attribute_has_quotation_marks(each: Attribute) -> None:
    texts = (each.label, each.reason, each.missing, each.none, each.below, each.above)
    assert not any(re.search('[“”"]', text.zh + text.en) for text in texts if text)


def test_reasons_tell_attributes_apart() -> None:
    for language in ("zh", "en"):
        texts = [getattr(each.reason, language) for each in SCORED]
        assert len(set(texts)) == len(texts)


def test_attributes_that_must_not_be_scored_are_for_audits_only() -> None:
    audit = set(member_dictionary().named("audit"))
    assert audit >= NEVER_SCORED
    assert not any(name.startswith("village") for name in member_dictionary().named("scored"))


def test_what_is_never_collected_is_nowhere() -> None:
    texts = " ".join(f"{each.name} {each.label.en} {each.label.zh}" for each in ATTRIBUTES).lower()
    assert not re.search(
        "ethnic|religio|health|disab|marital|民族|宗教|健康|残疾|低保|五保|婚姻", texts
    )


def test_every_flow_is_scored() -> None:
    assert {each.flow for each in SCORED} >= {"commerce", "logistics", "capital", "information"}


ENTRY = """\
income:
  {zh: 收入, en: Income, flow: capital, type: number, role: scored,
   reason: {zh: 收入少, en: small income}, missing: {zh: 无, en: none}}
"""


def test_an_entry_without_a_reason_is_refused_by_name() -> None:
    with pytest.raises(ContractError, match=r"own\.yaml, attribute income: 'reason'"):
        read_dictionary(ENTRY.replace("reason:", "because:"), "own.yaml")


@pytest.mark.parametrize(
    ("given", "wrong", "field"),
    [
        ("capital", "cash", "flow"), ("number", "float", "type"), ("scored", "judged", "role"),
        ("role: scored", "role: scored, direction: sideways", "direction"),
    ],
)  # fmt: skip
def test_an_unknown_word_is_refused_with_the_known_ones(given: str, wrong: str, field: str) -> None:
    with pytest.raises(ContractError, match=rf"attribute income: {field} is .*use one of"):
        read_dictionary(ENTRY.replace(given, wrong), "own.yaml")


@pytest.mark.parametrize("other", ["income", "wages"])
def test_a_record_is_missing_with_another_attribute_of_the_dictionary(other: str) -> None:
    entry = ENTRY.replace("role: scored", f"role: scored, missing_with: {other}")
    with pytest.raises(ContractError, match=f"income: missing_with leads to '{other}'"):
        read_dictionary(entry, "own.yaml")


@pytest.mark.parametrize("text", ["", "- income", "just words"])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(ContractError, match=r"own\.yaml: expected a mapping"):
        read_dictionary(text, "own.yaml")


def test_the_digest_changes_with_any_text_and_not_with_the_order_of_its_fields() -> None:
    digest = read_dictionary(ENTRY, "own.yaml").digest
    assert read_dictionary(ENTRY.replace("small", "little"), "own.yaml").digest != digest
    turned = ENTRY.replace("zh: 收入, en: Income", "en: Income, zh: 收入")
    assert read_dictionary(turned, "own.yaml").digest == digest
