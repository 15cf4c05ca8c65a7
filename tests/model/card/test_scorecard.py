"""Laws of the integer card, over generated cards."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.card.bins import Bins, Term
from model.card.reason_table import AttributeText
from model.card.reasons import MAX_REASONS, points_lost, ranked, reason, reason_codes
from model.card.scorecard import Card, Grade, Scaling
from model.profile.dictionary import Text

CROPS = ("wheat", "maize", "melon", "pear")
whole = st.integers(-60, 60)
numbers = st.one_of(
    st.floats(-1e6, 1e6), st.just(float("nan")), st.just(float("inf")), st.just(float("-inf"))
)
texts = st.one_of(st.sampled_from(CROPS), st.none(), st.just("never seen"))


def wording(name):
    return AttributeText(Text(name, name), Text(name, name), Text(name, name), actionable=False)


@st.composite
def cards(draw):
    """A card of one or two numbers, one text and a pair of numbers."""
    number_names = ["size", "age"][: draw(st.integers(1, 2))]
    edges = st.lists(st.integers(-500, 500), max_size=5, unique=True).map(sorted)
    bins = {
        name: Bins(name, tuple(map(float, draw(edges))), minimum=-1000.0, maximum=1000.0)
        for name in number_names
    }
    cut = draw(st.integers(1, len(CROPS) - 1))
    bins["crop"] = Bins("crop", levels=(CROPS[:cut], CROPS[cut:]))
    owners = [(name,) for name in bins] + ([("size", "age")] if len(number_names) == 2 else [])
    terms = []
    for owner in owners:
        shape = tuple(bins[name].size for name in owner)
        size = int(np.prod(shape))
        points = draw(st.lists(whole, min_size=size, max_size=size))
        terms.append(Term(owner, np.array(points, dtype=np.int64).reshape(shape), draw(whole)))
    return Card(
        name="drawn", base=draw(whole), bins=bins, terms=tuple(terms),
        wording={name: wording(name) for name in bins},
        pd_points=np.array([-50, 0, 50]), pd_values=np.array([0.3, 0.1, 0.02]),
        grades=(Grade("A", 0.05), Grade("B", 0.2), Grade("C", 1.0)),
        scaling=Scaling(), provenance={}, tells_sides=draw(st.booleans()),
    )  # fmt: skip


rows = st.lists(st.tuples(numbers, numbers, texts), min_size=1, max_size=30)


def columns(drawn):
    size, age, crop = zip(*drawn, strict=True)
    return {
        "size": np.array(size, dtype=np.float64),
        "age": np.array(age, dtype=np.float64),
        "crop": np.array(crop, dtype=object),
    }


@given(cards(), rows)
def test_all_attributes_at_once_fall_into_the_bins_that_each_has_alone(card, drawn):
    together = card.codes(columns(drawn))
    for name, values in columns(drawn).items():
        if name in together:
            assert together[name].tolist() == card.bins[name].codes(values).tolist()


def score(card, drawn):
    """Return everything a decision depends on, one tuple a row."""
    codes = card.codes(columns(drawn))
    by_factor = card.points_by_factor(codes)
    totals = card.total(by_factor)
    lost = points_lost(card, codes, by_factor)
    codes_found = reason_codes(card, codes, ranked(lost))
    return list(
        zip(
            totals.tolist(), card.pd(totals).tolist(), card.grade(totals).tolist(),
            lost.tolist(), codes_found.tolist(), strict=True,
        )
    )  # fmt: skip


@given(cards(), rows)
def test_one_row_scores_as_it_does_in_a_batch(card, drawn):
    assert [score(card, [row])[0] for row in drawn] == score(card, drawn)


@given(cards(), rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(card, drawn, random):
    order = random.sample(range(len(drawn)), len(drawn))
    expected = score(card, drawn)
    assert score(card, [drawn[i] for i in order]) == [expected[i] for i in order]


@given(cards(), rows)
def test_points_lost_add_up_to_the_gap_to_the_reference_exactly(card, drawn):
    codes = card.codes(columns(drawn))
    by_factor = card.points_by_factor(codes)
    reference = card.base + sum(term.reference for term in card.terms)
    gaps = reference - card.total(by_factor)
    np.testing.assert_array_equal(points_lost(card, codes, by_factor).sum(axis=1), gaps)


@given(cards(), rows)
def test_reasons_name_the_largest_losses_first_and_never_a_gain(card, drawn):
    by_row = enumerate(card.reason_table.codes)
    factor = {code: row for row, codes in by_row for code in codes if code}
    for *_, lost, codes_found in score(card, drawn):
        told = [lost[factor[code]] for code in codes_found if code]
        assert len(codes_found) == MAX_REASONS
        assert told == sorted((x for x in lost if x > 0), reverse=True)[:MAX_REASONS]


@given(cards(), rows)
def test_a_safer_total_never_has_the_higher_pd(card, drawn):
    totals = np.sort([row[0] for row in score(card, drawn)])
    assert (np.diff(card.pd(totals)) <= 0).all()


@pytest.mark.parametrize(
    ("value", "bin_name"),
    [
        (9.999, "first"), (10.0, "second"), (19.9, "second"), (20.0, "third"), (100.0, "third"),
        (0.0, "first"), (-0.001, "out of range"), (100.001, "out of range"),
        (float("inf"), "out of range"), (float("-inf"), "out of range"),
        (float("nan"), "missing"),
    ],
)  # fmt: skip
def test_a_number_falls_into_the_bin_that_begins_at_or_below_it(value, bin_name):
    bins = Bins("x", (10.0, 20.0), minimum=0.0, maximum=100.0)
    names = ["first", "second", "third", "missing", "out of range"]
    assert names[bins.codes(np.array([value]))[0]] == bin_name


def test_an_unknown_spelling_is_out_of_range_and_an_absent_one_missing():
    bins = Bins("crop", levels=(("wheat",), ("maize", "melon")))
    codes = bins.codes(np.array(["maize", "wheat", None, "Wheat", ""], dtype=object))
    assert codes.tolist() == [1, 0, bins.missing, bins.out_of_range, bins.out_of_range]


def test_a_missing_value_has_its_own_text():
    bins = {"size": Bins("size", (10.0,))}
    text = AttributeText(Text("规模", "size"), Text("偏小", "small"), Text("没有", "absent"), True)
    term = Term(("size",), np.array([0, 30, 5, 0]), 20)
    card = Card(
        "c", 0, bins, (term,), {"size": text}, np.array([0]), np.array([0.1]),
        (Grade("A", 1.0),), Scaling(), {},
    )  # fmt: skip
    codes = card.codes({"size": np.array([np.nan, 3.0, np.inf])})
    lost = points_lost(card, codes, card.points_by_factor(codes))
    codes_found = reason_codes(card, codes, ranked(lost))[:, 0].tolist()
    assert codes_found == ["SIZE_MISSING", "SIZE", "SIZE_OUT_OF_RANGE"]
    assert [reason(card, code, 1).en for code in codes_found[:2]] == ["absent", "small"]
    assert "the record of “size” is outside" in reason(card, codes_found[2], 1).en


def test_an_unknown_word_is_called_unknown_and_not_implausible():
    bins = {"crop": Bins("crop", levels=(("wheat",),))}
    term = Term(("crop",), np.array([10, 0, 0]), 5)
    card = Card(
        "c", 0, bins, (term,), {"crop": wording("crop")}, np.array([0]), np.array([0.1]),
        (Grade("A", 1.0),), Scaling(), {},
    )  # fmt: skip
    assert "rare or unknown" in reason(card, "CROP_OUT_OF_RANGE", 5).en
    assert "少见或未登记" in reason(card, "CROP_OUT_OF_RANGE", 5).zh
