"""The held-out rows if there are few bads."""

from __future__ import annotations

import numpy as np
import pytest

from training.samples.sample import held_out
from training.settings import Settings


def _outcome(rows: int, bads: int) -> np.ndarray:
    return np.random.default_rng(3).permutation(np.arange(rows) < bads)


def test_a_quarter_is_held_out_if_there_are_many_bads() -> None:
    bad = _outcome(4_000, 400)
    held = held_out(bad, Settings())
    assert (held.sum(), bad[held].sum()) == (1_000, 100)


@pytest.mark.parametrize("bads", [45, 50, 59])
def test_with_one_bad_in_a_hundred_both_sides_have_enough_bads(bads: int) -> None:
    bad, settings = _outcome(100 * bads, bads), Settings()
    held = held_out(bad, settings)
    assert bad[held].sum() >= settings.least_held_bads
    assert bad[~held].sum() >= settings.least_bads


def test_at_most_half_is_held_out() -> None:
    held = held_out(_outcome(1_000, 10), Settings())
    assert held.sum() == 500
