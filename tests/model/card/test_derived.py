"""Derived inputs of a card: one value everywhere, in the card's bytes and reasons."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.card.bins import Bins, Term
from model.card.card_file import MANIFEST, read_card, write_card
from model.card.card_json import card_from_json, card_to_json
from model.card.derived import BEYOND, NEGLIGIBLE, Derived
from model.card.reason_table import AttributeText
from model.card.reasons import points_lost, reason, reason_codes
from model.card.scorecard import Card, Grade, Scaling
from model.errors import CardError
from model.profile.dictionary import Text
from tests.support.cards.changed_json import changed

NAN, INF = float("nan"), float("inf")
numbers = st.one_of(
    st.floats(-1e9, 1e9), st.floats(), st.sampled_from([0.0, -0.0, 5e-324, 1.0, NAN, INF, -INF])
)


def wording(name):
    text = Text(f"{name} 中", name)
    return AttributeText(text, text, Text(f"{name} 缺", f"{name} missing"), actionable=False)


def a_card(edges=(0.5, 2.0), gap_edges=(-10.0, 0.0), seed=1):
    """A card over debt ÷ income and income − debt; income has no points of its own."""
    dice = np.random.default_rng(seed)
    bins = {
        "debt": Bins("debt", (100.0,), (), 0.0, 1e6),
        "burden": Bins("burden", tuple(edges)),
        "gap": Bins("gap", tuple(gap_edges)),
        "income": Bins("income", (), (), 0.0, 1e6),
    }
    owners = [("debt",), ("burden",), ("gap",), ("burden", "debt")]
    terms = tuple(
        Term(o, dice.integers(-40, 40, [bins[n].size for n in o]).astype(np.int64), 2)
        for o in owners
    )
    return Card(
        name="derived", base=500, bins=bins, terms=terms,
        wording={name: wording(name) for name in bins},
        pd_points=np.array([400, 500]), pd_values=np.array([0.2, 0.1]),
        grades=(Grade("A", 1.0),), scaling=Scaling(), provenance={},
        derived={
            "burden": Derived("burden", "ratio", "debt", "income"),
            "gap": Derived("gap", "difference", "income", "debt"),
        },
    )  # fmt: skip


def columns(debt, income):
    return {"debt": np.array(debt, dtype=float), "income": np.array(income, dtype=float)}


def test_a_ratio_that_cannot_be_formed_is_missing_and_an_implausible_source_out_of_range():
    bins = a_card().bins["burden"]
    cases = {
        (100.0, 400.0): 0, (200.0, 400.0): 1, (900.0, 100.0): 2,
        (100.0, 0.0): bins.missing, (100.0, NEGLIGIBLE / 2): bins.missing, (0.0, 0.0): bins.missing,
        (NAN, 100.0): bins.missing, (NAN, INF): bins.missing,
        (100.0, -1.0): bins.out_of_range, (INF, 100.0): bins.out_of_range,
    }  # fmt: skip
    debt, income = zip(*cases, strict=True)
    assert a_card().codes(columns(debt, income))["burden"].tolist() == list(cases.values())


@given(numbers, numbers, st.sampled_from(["ratio", "difference"]))
def test_a_derived_value_is_a_usable_number_or_states_why_it_is_none(first, second, kind):
    own = Derived("x", kind, "a", "b")
    (value,) = own.values(np.array([first]), np.array([second]))
    if np.isfinite(value):
        assert max(abs(first), abs(second)) <= BEYOND
        exact, speck = first - second, 2 * NEGLIGIBLE
        if kind == "ratio":
            assert second >= NEGLIGIBLE
            exact, speck = first / second, NEGLIGIBLE / second
        assert value == pytest.approx(exact, rel=1e-15, abs=speck)
    elif np.isnan(value):
        assert np.isnan([first, second]).any() or (kind == "ratio" and second < NEGLIGIBLE)
    else:
        assert value == INF
        assert max(abs(first), abs(second)) > BEYOND


def test_the_card_reads_the_sources_and_no_column_of_the_derived_name():
    card = a_card()
    assert card.inputs == ("debt", "income")
    given_too = {**columns([100.0], [400.0]), "burden": np.array([99.0])}
    assert card.codes(given_too)["burden"].tolist() == [0]
    with pytest.raises(KeyError, match="income"):
        card.codes({"debt": np.array([1.0]), "burden": np.array([1.0])})


def test_a_card_with_derived_inputs_survives_the_way_out_and_back_and_has_a_format_of_its_own():
    payload = card_to_json(a_card())
    assert card_to_json(card_from_json(payload)) == payload
    assert json.loads(payload)["format"] == "rongzi-card/2"


def test_the_manifest_lets_an_older_release_refuse_a_card_it_cannot_read(tmp_path):
    write_card(tmp_path, a_card())
    assert read_card(tmp_path).card.derived == a_card().derived
    text = (tmp_path / MANIFEST).read_text()
    (tmp_path / MANIFEST).write_text(text.replace("rongzi-card/2", "rongzi-card/1"))
    with pytest.raises(CardError, match="manifest says rongzi-card/1, the card is rongzi-card/2"):
        read_card(tmp_path)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), "rongzi-card/1"),
        (("surprise",), 1),
        (("derived",), {}),
        (("derived", "gap", "kind"), "product"),
        (("derived", "gap", "first"), "burden"),
        (("derived", "gap", "first"), "debt"),
        (("derived", "gap", "first"), "wealth"),
        (("derived", "gap", "third"), "debt"),
        (("derived", "other"), {"kind": "ratio", "first": "debt", "second": "income"}),
        (("attributes", "gap", "min"), 0.0),
        (("attributes", "income", "levels"), [["a"]]),
        (("attributes", "debt", "hue"), "red"),
    ],
)
def test_a_contradictory_derived_input_is_refused(path, value):
    with pytest.raises(CardError, match=r"not a scorecard of format"):
        card_from_json(changed(a_card(), path, value))


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=20), st.integers(0, 99))
def test_reasons_sum_to_the_gap_to_the_reference_and_name_the_derived_attribute(rows, seed):
    card = a_card(seed=seed)
    codes = card.codes(columns(*zip(*rows, strict=True)))
    by_factor = card.points_by_factor(codes)
    gap = card.base + card.references.sum() - card.total(by_factor)
    assert (points_lost(card, codes, by_factor).sum(axis=1) == gap).all()
    order = np.full((len(rows), 1), card.attributes.index("burden"))
    found_reason = reason(card, reason_codes(card, codes, order)[0, 0], 3)
    assert found_reason.code.startswith("BURDEN")
    assert found_reason.en
