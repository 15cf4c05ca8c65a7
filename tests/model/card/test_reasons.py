"""Reasons: exact, few, in a fixed order, and worded for the state of the value."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.card.reasons import MAX_REASONS, points_lost, ranked, reason, reason_codes
from model.profile.dictionary import member_dictionary
from tests.support.cards.policy_cases import CASES_CARD

CARD = CASES_CARD
rows = st.lists(st.tuples(*(st.floats() for _ in CARD.attributes)), min_size=1, max_size=6)
law = settings(deadline=None)


def columns_of(table, card=CARD):
    return {name: np.array([row[i] for row in table]) for i, name in enumerate(card.attributes)}


def reasons_of(columns, card=CARD):
    codes = card.codes(columns)
    lost = points_lost(card, card.points_by_attribute(codes))
    order = ranked(lost)
    return (
        reason_codes(card, codes, order),
        lost,
        order,
        card.total(card.points_by_attribute(codes)),
    )


@law
@given(rows)
def test_the_losses_of_all_attributes_add_up_to_the_gap_to_the_population(table):
    _, lost, _, total = reasons_of(columns_of(table))
    reference = CARD.base + sum(term.reference for term in CARD.terms)
    assert (lost.sum(axis=1) == reference - total).all()


@law
@given(rows)
def test_the_reasons_are_the_four_largest_losses_in_order_and_no_gain(table):
    codes, lost, order, _ = reasons_of(columns_of(table))
    assert codes.shape == (len(table), MAX_REASONS)
    for row in range(len(table)):
        amounts = [int(lost[row, i]) for i in order[row] if i >= 0]
        assert amounts == sorted((int(x) for x in lost[row] if x > 0), reverse=True)[:MAX_REASONS]
        assert [code is not None for code in codes[row]] == [i >= 0 for i in order[row]]


@law
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=9))
def test_equal_losses_keep_the_cards_order(losses):
    order = ranked(np.array([losses]))[0]
    expected = sorted((i for i, x in enumerate(losses) if x > 0), key=lambda i: (-losses[i], i))
    assert [i for i in order if i >= 0] == expected[:MAX_REASONS]


def test_the_order_of_the_card_is_the_order_in_which_its_terms_name_attributes():
    lowest = columns_of([[0.0, 95.0, 0.0, 1.0, 3e4, 0.6, 0.0]])
    assert reasons_of(lowest)[0][0].tolist() == [
        "WORST_DAYS_PAST_DUE_24M", "OPERATING_YEARS", "BILLS_ON_TIME_SHARE_12M",
        "PEER_REVIEW_GRADE_24M",
    ]  # fmt: skip
    assert replace(CARD, terms=CARD.terms[::-1]).attributes[0] == "leased_area_share"


@pytest.mark.parametrize(
    ("value", "state"),
    [(0.2, ""), (np.nan, "_MISSING"), (1.01, "_OUT_OF_RANGE"), (-0.1, "_OUT_OF_RANGE"),
     (np.inf, "_OUT_OF_RANGE"), (-np.inf, "_OUT_OF_RANGE")],
)  # fmt: skip
def test_the_code_says_whether_the_value_was_low_missing_or_implausible(value, state):
    best = dict(zip(CARD.attributes, [30.0, 0.0, 1.0, 4.0, 0.0, 0.1, 5.0], strict=True))
    found = reasons_of(
        columns_of([[{**best, "bills_on_time_share_12m": value}[n] for n in CARD.attributes]])
    )
    assert found[0][0].tolist() == [f"BILLS_ON_TIME_SHARE_12M{state}", None, None, None]


def test_each_state_has_its_own_words_in_both_languages():
    wording = member_dictionary()["bills_on_time_share_12m"]
    low, missing, implausible = (
        reason(CARD, f"BILLS_ON_TIME_SHARE_12M{state}", 7)
        for state in ("", "_MISSING", "_OUT_OF_RANGE")
    )
    assert (low.zh, low.en) == (wording.reason.zh, wording.reason.en)
    assert (missing.zh, missing.en) == (wording.missing.zh, wording.missing.en)
    # Answers that ledgers keep hold these very words.
    assert implausible.zh == f"“{wording.label.zh}”的记录超出合理范围，请核对原始资料"
    assert implausible.en == (
        f"the record of “{wording.label.en}” is outside the plausible range; please check the"
        " source"
    )
    assert {low.points_lost, missing.points_lost, implausible.points_lost} == {7}


def test_every_code_a_card_can_give_has_words_and_none_blames_the_score():
    for name in CARD.attributes:
        for state in ("", "_MISSING", "_OUT_OF_RANGE"):
            found = reason(CARD, f"{name.upper()}{state}", 1)
            assert found.zh.strip()
            assert found.en.strip()
            assert "score" not in found.en
            assert "评分" not in found.zh


def test_a_pair_of_attributes_shares_its_points_in_whole_numbers():
    columns = columns_of([[30.0, 0.0, 1.0, 4.0, 0.0, 0.6, 1.0]])
    codes = CARD.codes(columns)
    by_attribute = CARD.points_by_attribute(codes)[0]
    assert by_attribute[-2:].tolist() == [-5, -6]


def test_a_card_of_fewer_than_four_attributes_leaves_the_rest_empty():
    small = replace(CARD, terms=CARD.terms[:1])
    found = reasons_of({"operating_years": np.array([0.0])}, small)
    assert found[0][0].tolist() == ["OPERATING_YEARS", None, None, None]
