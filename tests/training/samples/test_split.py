"""What is kept from the card while it is learned, where bads are few."""

from __future__ import annotations

import numpy as np
import pytest

from training.samples.sample import held_out
from training.settings import Settings


def _outcome(rows: int, bads: int) -> np.ndarray:
    return np.random.default_rng(3).permutation(np.arange(rows) < bads)


def test_a_quarter_is_held_where_bads_are_many() -> None:
    bad = _outcome(4_000, 400)
    held = held_out(bad, Settings())
    assert (held.sum(), bad[held].sum()) == (1_000, 100)


@pytest.mark.parametrize("bads", [45, 50, 59])
def test_one_bad_in_a_hundred_still_leaves_enough_on_either_side(bads: int) -> None:
    bad, settings = _outcome(100 * bads, bads), Settings()
    held = held_out(bad, settings)
    assert bad[held].sum() >= settings.least_held_bads
    assert bad[~held].sum() >= settings.least_bads


def test_no_more_than_half_is_ever_held() -> None:
    held = held_out(_outcome(1_000, 10), Settings())
    assert held.sum() == 500
