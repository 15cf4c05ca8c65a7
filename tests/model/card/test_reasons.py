"""Reasons: exact, few, in a fixed order, and worded for the state of the value."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.card.reasons import MAX_REASONS, points_lost, ranked, reason, reason_codes
from model.profile.dictionary import member_dictionary
from tests.support.cards.policy_cases import CASES_CARD
from tests.support.explaining.members import SIDED_CARD

CARD = CASES_CARD
rows = st.lists(st.tuples(*(st.floats() for _ in CARD.attributes)), min_size=1, max_size=6)
law = settings(deadline=None)


def columns_of(table, card=CARD):
    return {name: np.array([row[i] for row in table]) for i, name in enumerate(card.attributes)}


def reasons_of(columns, card=CARD):
    codes = card.codes(columns)
    lost = points_lost(card, codes, card.points_by_factor(codes))
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


def test_a_card_of_an_older_format_tells_reasons_in_the_words_of_its_time():
    wording = CARD.wording["bills_on_time_share_12m"]
    low, missing, implausible = (
        reason(CARD, f"BILLS_ON_TIME_SHARE_12M{state}", 7)
        for state in ("", "_MISSING", "_OUT_OF_RANGE")
    )
    assert CARD.format == "rongzi-card/1"
    assert (low.zh, low.en) == (wording.reason.zh, wording.reason.en)
    assert (missing.zh, missing.en) == (wording.missing.zh, wording.missing.en)
    # Answers that ledgers keep hold these very words.
    assert implausible.zh == "“近12个月账单按时缴费比例”的记录超出合理范围，请核对原始资料"
    assert implausible.en == (
        "the record of “Bills paid on time, share, 12 months” is outside the plausible range;"
        " please check the source"
    )
    assert {low.points_lost, missing.points_lost, implausible.points_lost} == {7}


def reasons_told(card, **values):
    columns = {name: np.array([values.get(name, np.nan)]) for name in card.inputs}
    codes = card.codes(columns)
    lost = points_lost(card, codes, card.points_by_factor(codes))
    table = reason_codes(card, codes, np.arange(lost.shape[1])[None, :])
    return dict(zip(table[0].tolist(), lost[0].tolist(), strict=True))


def test_a_card_of_today_says_on_which_side_of_the_best_range_a_value_lies():
    few = reasons_told(SIDED_CARD, fresh_share_12m=0.05)
    most = reasons_told(SIDED_CARD, fresh_share_12m=0.99)
    assert "FRESH_SHARE_12M_BELOW" in few
    assert "FRESH_SHARE_12M_ABOVE" in most
    told = reason(SIDED_CARD, "FRESH_SHARE_12M_ABOVE", 3)
    assert "高于" in told.zh
    assert "above the most favourable range" in told.en


def test_a_card_of_today_names_a_pair_as_a_pair():
    first, second = next(t.attributes for t in SIDED_CARD.terms if len(t.attributes) == 2)
    code = f"{first.upper()}_WITH_{second.upper()}"
    assert code in reasons_told(SIDED_CARD)
    known = member_dictionary()
    assert reason(SIDED_CARD, code, 3).zh == (
        f"{known[first].label.zh}与{known[second].label.zh}两项合在一起，得分低于一般会员"
    )


def test_a_missing_table_is_one_reason_with_all_its_points():
    told = reasons_told(SIDED_CARD)
    names = ("average_balance_12m", "lowest_balance_12m")
    table = SIDED_CARD.reason_table
    each = {
        name: int(
            SIDED_CARD.factor_references[SIDED_CARD.attributes.index(name)]
            - next(t.points for t in SIDED_CARD.terms if t.attributes == (name,))[
                SIDED_CARD.bins[name].missing
            ]
        )
        for name in names
    }
    assert told["AVERAGE_BALANCE_12M_MISSING"] == sum(each.values())
    assert told["LOWEST_BALANCE_12M_MISSING"] == 0
    assert table.texts["AVERAGE_BALANCE_12M_MISSING"] == table.texts["LOWEST_BALANCE_12M_MISSING"]


def test_a_small_loss_is_told_only_where_none_is_larger():
    order = ranked(np.array([[1, 5, 1, 2], [1, 0, -3, 1], [0, 0, -1, 0]]), least=2)
    assert order.tolist() == [[1, 3, -1, -1], [0, -1, -1, -1], [-1, -1, -1, -1]]


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
