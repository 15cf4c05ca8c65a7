"""Small cells: few persons are not shown, and no sum of what is shown reveals them."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from api.editions.small_cells import (
    FUNNEL_LAYOUT,
    Layout,
    small_cells,
    sums_of_villages,
)

SMALLEST = 5
ONE = Layout(counts=("n",))
SUM = Layout(counts=("all", "a", "b"), sums=(("all", "a", "b"),))
_VILLAGES = [f"37150{c}00{t}00{v}" for c, t, v in product((2, 3), (1, 2), (1, 2, 3))]
_COUNTS = st.dictionaries(st.sampled_from(_VILLAGES), st.integers(0, 40), min_size=1)


def hidden_of(villages: dict[str, dict[str, int]], layout: Layout) -> frozenset[tuple[str, str]]:
    cells = sums_of_villages(villages.items(), layout.counts)
    return small_cells(cells, layout, SMALLEST).hidden


@given(_COUNTS)
def test_a_small_count_is_hidden_and_nothing_is_not(counts: dict[str, int]) -> None:
    hidden = hidden_of({code: {"n": n} for code, n in counts.items()}, ONE)
    for code, n in counts.items():
        if 0 < n < SMALLEST:
            assert (code, "n") in hidden
        if n == 0:
            assert (code, "n") not in hidden


@given(_COUNTS)
def test_no_place_around_reveals_a_hidden_one(counts: dict[str, int]) -> None:
    villages = {code: {"n": n} for code, n in counts.items()}
    cells, hidden = sums_of_villages(villages.items(), ("n",)), hidden_of(villages, ONE)
    for parent in cells:
        length = {0: 6, 6: 9, 9: 12}.get(len(parent))
        inside = [c for c in cells if len(c) == length and c.startswith(parent)]
        unknown = [code for code in (parent, *inside) if (code, "n") in hidden]
        if length and len(unknown) == 1:
            # One unknown of a sum follows from the others: only if all others are nothing.
            assert all(cells[code]["n"] == 0 for code in inside if code not in unknown)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(_VILLAGES), st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1
    )
)
def test_no_sum_of_a_row_reveals_a_hidden_part(counts: dict[str, tuple[int, int]]) -> None:
    villages = {code: {"all": a + b, "a": a, "b": b} for code, (a, b) in counts.items()}
    cells, hidden = sums_of_villages(villages.items(), SUM.counts), hidden_of(villages, SUM)
    for code, row in cells.items():
        unknown = [column for column in SUM.counts if (code, column) in hidden]
        if len(unknown) == 1:
            assert all(row[column] == 0 for column in SUM.counts if column not in unknown)


def test_the_amount_of_few_borrowers_is_hidden_with_them() -> None:
    row = dict.fromkeys(FUNNEL_LAYOUT.counts, 40) | {"borrowers": 2}
    row |= {"disbursed_yuan": 41_000, "disbursed_this_year_yuan": 0}
    columns = tuple(row)
    cells = sums_of_villages([("371502001001", row), ("371502001002", row)], columns)
    found = small_cells(cells, FUNNEL_LAYOUT, SMALLEST).shown("371502001001", row)
    assert (found["borrowers"], found["disbursed_yuan"]) == (None, None)
    assert found["disbursed_this_year_yuan"] is None
    assert found["members"] == 40


def test_a_part_of_a_place_is_hidden_with_any_village_in_it() -> None:
    villages = {"371502001001": {"n": 2}, "371502001002": {"n": 30}, "371502001003": {"n": 31}}
    cells = sums_of_villages(villages.items(), ("n",))
    found = small_cells(cells, ONE, SMALLEST)
    part = found.shown("371502001", {"n": 32}, ["371502001001", "371502001002"])
    assert part == {"n": None}
    assert found.shown("371502001", {"n": 63}) == {"n": 63}
