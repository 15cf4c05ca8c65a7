"""How freely shapes grow: as the rows support, and no more freely than pays on unseen rows."""

import re
from itertools import combinations

import numpy as np
import pytest

from model.profile.dictionary import Attribute, Dictionary, Text
from training.families.boosted.booster import effort_for
from training.families.boosted.family import PAIRS, BoostedLearner
from training.samples.sample import Sample
from training.settings import Settings

NAMES = tuple("abcdefgh")
ROWS = 3_000


def dictionary():
    def declared(name):
        text = Text(name, name)
        return Attribute(name, text, "information", "number", "scored", text, text)

    return Dictionary({name: declared(name) for name in NAMES}, "0" * 64)


def additive(x):
    return -1.2 + 0.7 * x["a"] + 0.5 * np.abs(x["b"]) - 0.4 * x["c"]


def in_combinations(x):
    signs = np.random.default_rng(2).choice([-0.5, 0.5], 28)
    pairs = combinations(NAMES, 2)
    return -1.2 + sum(w * x[a] * x[b] for w, (a, b) in zip(signs, pairs, strict=True))


@pytest.mark.parametrize(("risk", "pairs"), [(additive, 16), (in_combinations, 28)])
def test_many_pairs_and_small_leaves_are_used_where_risk_lies_in_combinations(risk, pairs):
    rng = np.random.default_rng(5)
    columns = dict(zip(NAMES, rng.normal(size=(len(NAMES), ROWS)), strict=True))
    bad = rng.random(ROWS) < 1 / (1 + np.exp(-risk(columns)))
    sample = Sample(columns, bad, np.arange(ROWS), np.zeros(ROWS, dtype=np.int64))
    settings = Settings(most_derived=0)
    fit = BoostedLearner(PAIRS).fits(sample, dictionary(), settings)[PAIRS][PAIRS]
    used, least = map(int, re.findall(r"at most (\d+) pairs.*; (\d+) rows a leaf", fit.note.en)[0])
    effort = effort_for(ROWS, len(NAMES))
    if risk is additive:
        assert (used <= pairs, least) == (True, effort.least_rows)
    else:
        assert (used, least) == (pairs, effort.freer.least_rows)


def test_a_large_table_is_grown_once():
    assert effort_for(150_000, 10).freer is None
    assert effort_for(5_000, 20).freer.most_pairs == 48
