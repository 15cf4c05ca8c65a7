"""The points of a free attribute turn at most where its rows support it."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from training.binning.turns import supported_turns, turns
from training.settings import Settings
from training.train import train_table

ROWS = 3_000


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A boosted card over a hump, which is real, and over noise, which is not."""
    dice = np.random.default_rng(8)
    hump, noise, owed = dice.random(ROWS), dice.random(ROWS), dice.random(ROWS)
    risk = -2.5 + 6 * np.abs(hump - 0.5) * (np.abs(hump - 0.5) > 0.2) + 2 * owed
    bad = dice.random(ROWS) < 1 / (1 + np.exp(-risk))
    path = tmp_path_factory.mktemp("turns") / "rows.parquet"
    pq.write_table(pa.table({"hump": hump, "noise": noise, "owed": owed, "bad": bad}), path)
    return train_table(path, "bad", Settings(family="boosted_single", resamples=5, folds=2))


def own_points(card):
    return {
        t.attributes[0]: t.points[: card.bins[t.attributes[0]].ordinary]
        for t in card.terms
        if len(t.attributes) == 1
    }


def test_a_real_hump_keeps_its_turn_and_no_table_zigzags(run):
    found = {name: turns(points) for name, points in own_points(run.card).items()}
    assert found["hump"] == 1
    assert max(found.values()) <= 1


def test_every_turn_of_a_card_is_supported_by_its_rows(run):
    factor, sample = run.card.scaling.factor, run.samples.fitted
    for name, points in own_points(run.card).items():
        if turns(points):
            codes, size = run.card.bins[name].codes(sample.columns[name]), len(points)
            goods, bads = (
                np.bincount(codes[x], minlength=size)[:size] for x in (~sample.bad, sample.bad)
            )
            kept = supported_turns(points / factor, goods, bads)
            assert turns(kept) == turns(points)
