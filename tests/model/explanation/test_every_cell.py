"""Every cell of a card, with values inside it and at its edges: no sentence contradicts a value."""

from itertools import pairwise, product

import numpy as np
import pytest

from model.card.card_json import card_from_json, card_to_json
from model.card.reason_table import BELOW
from model.explanation.sentences import contributions
from tests.support.cards.hand_written import hand_written_card
from tests.support.cards.policy_cases import CASES_CARD
from tests.support.explaining.members import (
    DICTIONARY,
    SIDED_CARD,
    TEXTS,
    random_members,
    train_on,
    write_members,
)
from tests.support.explaining.truth import flaws_of_line, flaws_of_text, points_at


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A card trained just now, by weights of evidence."""
    return train_on(write_members(tmp_path_factory.mktemp("fresh") / "members.parquet"), "woe")


@pytest.fixture(params=["of the policy's cases", "of five attributes", "with pairs", "fresh"])
def card(request):
    """A card of an older format, another, one of today's with pairs, and a fresh one."""
    made = {
        "of the policy's cases": CASES_CARD,
        "of five attributes": hand_written_card(),
        "with pairs": SIDED_CARD,
    }
    return made.get(request.param) or request.getfixturevalue("fresh")


def values_in(card, name):
    """Return values inside each bin of a number: its edges, beside them, the middle, and none."""
    bins, own = card.bins[name], DICTIONARY[name]
    cuts = [own.minimum, *bins.edges, own.maximum]
    inside = [(low + high) / 2 for low, high in pairwise(cuts)]
    beside = [float(np.nextafter(cut, -np.inf)) for cut in bins.edges]
    found = [*cuts, *inside, *beside, 0.0, 1.0, np.nan, own.maximum * 2 + 1]
    return [v for v in found if np.isnan(v) or v > own.maximum or v >= own.minimum]


def whole(name, value):
    """Return whether the profile can hold the value: counts are whole, yuan have fen."""
    unit = DICTIONARY[name].unit
    if np.isnan(value) or value > DICTIONARY[name].maximum:
        return True
    if unit == "yuan":
        return round(value, 2) == value
    return unit in ("share", "ratio", "change", "mu", "years", "days") or value == int(value)


def lines(card, **values):
    columns = {n: np.array([np.nan if n not in TEXTS else None]) for n in DICTIONARY.attributes}
    columns |= {name: np.array([value]) for name, value in values.items()}
    return columns, contributions(columns, card, DICTIONARY)


def test_no_sentence_on_a_value_contradicts_it(card):
    flaws, told = [], 0
    for name in card.inputs:
        for value in (v for v in values_in(card, name) if whole(name, v)):
            columns, found = lines(card, **{name: value})
            own = [line for line in found if name in line.attributes]
            told += len(own)
            flaws += [f for line in own for f in flaws_of_line(line, columns, card, DICTIONARY)]
    assert flaws[:10] == []
    assert told > 3 * len(card.attributes)


def test_a_pair_is_told_as_a_pair_with_both_values(card):
    pairs = [term.attributes for term in card.terms if len(term.attributes) == 2]
    for first, second in pairs:
        values = product(values_in(card, first)[::5], values_in(card, second)[::5])
        for one, other in ((a, b) for a, b in values if whole(first, a) and whole(second, b)):
            columns, found = lines(card, **{first: one, second: other})
            own = [line for line in found if line.attributes == (first, second)]
            flaws = [f for line in own for f in flaws_of_text(line.text)]
            if not np.isnan(one + other):
                flaws += [f for x in own for f in flaws_of_line(x, columns, card, DICTIONARY)]
            assert flaws == []
            assert all("两项合在一起" in line.text.zh for line in own)


def test_a_card_of_today_has_a_format_of_its_own_and_sides(fresh):
    for card in (fresh, SIDED_CARD):
        assert card.format == "rongzi-card/3"
        assert card_from_json(card_to_json(card)).wording == card.wording
        assert any(code.endswith(f"_{BELOW}") for code in card.reason_table.texts)
    assert any(len(term.attributes) == 2 for term in SIDED_CARD.terms)


def test_the_reasons_of_a_decision_are_true_of_the_value_without_naming_it():
    card, columns = SIDED_CARD, random_members(11, 400)
    codes = card.codes(columns)
    table = card.reason_table
    for row, (name, *more) in enumerate(table.factors):
        if more:
            continue
        own = points_at(card, name)
        for value, code in zip(columns[name], table.codes[row, codes[name]], strict=True):
            text = table.texts[code]
            assert list(flaws_of_text(text)) == []
            if code.endswith(("_MISSING", "_OUT_OF_RANGE")):
                continue
            assert (own(value) == own.best) == code.endswith("_KNOWN")
            if code.endswith("_BELOW"):
                assert min(own.best_values, key=lambda each: abs(each - value)) > value
