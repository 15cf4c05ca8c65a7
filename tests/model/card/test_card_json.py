"""The card as canonical JSON: equal cards give equal bytes, and contradictions are refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.card.bins import Bins, Term
from model.card.card_json import card_from_json, card_to_json
from model.card.reason_table import AttributeText
from model.card.scorecard import Card, Grade, Scaling
from model.errors import CardError
from model.profile.dictionary import Text
from tests.support.cards.changed_json import changed


def a_card(points=(0, 10, 25, 5, 0), edge=1.5, word="小麦", pd_first=0.2):
    wording = AttributeText(Text("规模", "size"), Text("小", "small"), Text("缺", "missing"), True)
    return Card(
        name="测试", base=400,
        bins={
            "size": Bins("size", (edge, edge + 2), minimum=-5.0),
            "crop": Bins("crop", levels=((word,), ("玉米", "b"))),
        },
        terms=(
            Term(("size",), np.array(points), 12),
            Term(("crop",), np.array([0, 3, 1, 0]), 2),
            Term(("size", "crop"), np.arange(20).reshape(5, 4), 7),
        ),
        wording={"size": wording, "crop": wording},
        pd_points=np.array([400, 430, 460]), pd_values=np.array([pd_first, 0.1, 0.01]),
        grades=(Grade("A", 0.05), Grade("B", 1.0)),
        scaling=Scaling(), provenance={"data_digest": "0" * 64},
    )  # fmt: skip


@given(
    st.lists(st.integers(-500, 500), min_size=5, max_size=5),
    st.floats(-1e12, 1e12, allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
        lambda w: w not in "玉米b"
    ),
    st.floats(0.1, 1.0),
)
def test_a_card_survives_the_way_out_and_back_byte_by_byte(points, edge, word, pd_first):
    payload = card_to_json(a_card(tuple(points), edge, word, pd_first))
    assert card_to_json(card_from_json(payload)) == payload


def test_the_bytes_are_canonical_whatever_the_order_things_were_put_in():
    card = a_card()
    turned = replace(card, bins=dict(reversed(card.bins.items())))
    assert card_to_json(turned) == card_to_json(card)
    assert b'"base":400' in card_to_json(card)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), "rongzi-card/99"),
        (("base",), 400.5),
        (("base",), True),
        (("terms", 0, "points"), [0, 10, 25]),
        (("terms", 0, "points"), [0, 10, 25, 5, 0.5]),
        (("terms", 0, "attributes"), ["weight"]),
        (("terms",), []),
        (("attributes", "size", "edges"), [3.5, 1.5]),
        (("attributes", "size", "edges"), [1.5, 1.5]),
        (("attributes", "size", "levels"), [["a"]]),
        (("pd_table", "points"), [400, 400, 460]),
        (("pd_table", "pd"), [0.1, 0.2, 0.3]),
        (("pd_table", "pd"), [0.2, 0.1]),
        (("pd_table", "pd"), [1.2, 0.1, 0.01]),
        (("grades",), []),
        (("scaling",), None),
        (("attributes",), {}),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(path, value):
    with pytest.raises(CardError, match="not a scorecard"):
        card_from_json(changed(a_card(), path, value))


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b"{}", b'{"format":1}', b"\xff\xfe"])
def test_a_payload_that_is_not_a_card_is_refused(payload):
    with pytest.raises(CardError, match="not a scorecard"):
        card_from_json(payload)
