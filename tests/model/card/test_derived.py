"""Derived inputs of a card: one value everywhere, in the card's bytes, reasons and proposals."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from model.card.bins import Bins, Term
from model.card.card_file import MANIFEST, read_card, write_card
from model.card.card_json import card_from_json, card_to_json
from model.card.derived import BEYOND, NEGLIGIBLE, Derived
from model.card.reasons import points_lost, reason, reason_codes
from model.card.scorecard import AttributeText, Card, Grade, Scaling
from model.decision.whitelist import assess
from model.errors import CardError
from model.explanation.nearest_changes import (
    Basis,
    derived_cuts,
    nearest_changes,
    with_changes,
)
from model.policy.policy import policy_on
from model.profile.dictionary import Text, member_dictionary
from tests.support.cards.changed_json import changed
from tests.support.cards.policy_cases import CASES_CARD, POLICY_CASES

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
    by_attribute = card.points_by_attribute(codes)
    gap = card.base + card.references.sum() - card.total(by_attribute)
    assert (points_lost(card, by_attribute).sum(axis=1) == gap).all()
    order = np.full((len(rows), 1), card.attributes.index("burden"))
    found_reason = reason(card, reason_codes(card, codes, order)[0, 0], 3)
    assert found_reason.code.startswith("BURDEN")
    assert found_reason.en


amounts = st.one_of(st.floats(0.0, 1e6), st.sampled_from([0.0, 1.0, 100.0, 1e6, NAN, -5.0, INF]))


@given(amounts, amounts, st.sampled_from(["debt", "income"]), st.data())
def test_between_two_cuts_no_derived_bin_changes_and_at_each_inner_one_it_does(
    debt, income, moved, data
):
    card = a_card()
    now = columns([debt], [income])
    low, high = card.bins[moved].minimum, card.bins[moved].maximum
    cuts = sorted({low, high, *(c for c in derived_cuts(card, moved, now) if low < c < high)})

    def bins_at(value):
        codes = card.codes({**now, moved: np.array([value])})
        return codes["burden"][0], codes["gap"][0]

    index = data.draw(st.integers(0, len(cuts) - 2))
    start, last = cuts[index], np.nextafter(cuts[index + 1], -INF)
    inside = data.draw(st.floats(start, last))
    assert bins_at(start) == bins_at(inside) == bins_at(last)


MEMBERS = member_dictionary()
DAY: date = POLICY_CASES["as_of"]


def member_basis(seed):
    """A card over late bills per parcel and bills less parcels, besides the sources themselves."""
    dice = np.random.default_rng(seed)
    first, second, third = "late_bills_6m", "parcels_sent_12m", "qr_receipts_12m"
    edges = {first: (1.0, 3.0), third: (1000.0,)}
    bins = {
        n: Bins(n, edges.get(n, ()), (), MEMBERS[n].minimum, MEMBERS[n].maximum)
        for n in (first, second, third)
    }
    derived = {
        "ratio": Derived("ratio", "ratio", third, second),
        "less": Derived("less", "difference", second, first),
    }
    bins |= {"ratio": Bins("ratio", (3.0, 70.0)), "less": Bins("less", (-0.5, 7.0, 40.0))}
    owners = [(first,), (third,), ("ratio",), ("less",), ("ratio", "less")]
    terms = [
        Term(o, dice.integers(-30, 40, [bins[n].size for n in o]).astype(np.int64), 0)
        for o in owners
    ]
    texts = {n: wording(n) for n in bins}
    card = replace(
        CASES_CARD, base=560, bins=bins, terms=tuple(terms), wording=texts, derived=derived
    )
    return Basis(DAY, policy_on(DAY), card, MEMBERS)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 10_000),
    st.sampled_from([0.0, 1.0, 5.0, NAN]),
    st.sampled_from([0.0, 4.0, 37.0, NAN]),
    st.sampled_from([0.0, 90.0, 2500.5, NAN]),
    st.data(),
)
def test_a_proposed_range_is_valid_for_every_derived_attribute(seed, late, parcels, receipts, data):
    basis = member_basis(seed)
    values = {
        **POLICY_CASES["member"],
        "late_bills_6m": late, "parcels_sent_12m": parcels, "qr_receipts_12m": receipts,
    }  # fmt: skip
    words = ("occupation", "household_id")
    profile = {
        name: np.array([value], dtype=object if name in words else np.float64)
        for name, value in values.items()
    }
    improvements = nearest_changes(profile, basis).improvements
    assume(improvements)
    improvement = data.draw(st.sampled_from(improvements))
    change = data.draw(st.sampled_from(improvement.changes))
    low = 0.0 if change.low is None else change.low
    high = max(low, change.value) + 50 if change.high is None else np.nextafter(change.high, -1)
    whole = change.attribute != "qr_receipts_12m"
    value = (
        float(data.draw(st.integers(int(np.ceil(low)), int(np.floor(high)))))
        if whole
        else data.draw(st.floats(low, high))
    )
    others = [each for each in improvement.changes if each is not change]
    after = with_changes(profile, [*others, replace(change, value=value)])
    found = assess(after, basis.as_of, basis.policy, basis.card)
    assert (found.tier[0], found.points[0]) == (improvement.tier, improvement.points)
