"""Small cells: few persons are not shown, and nothing that is shown says who they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.editions.funnel import LAYOUT, small_cells_of
from api.editions.small_cells import (
    Layout,
    SmallCells,
    persons_of_villages,
    small_cells,
    sums_of_villages,
)

SMALLEST = 5
ONE = Layout(counts=("n",))
_VILLAGES = [f"37150{c}00{t}00{v}" for c, t, v in product((2, 3), (1, 2), (1, 2, 3))]
_COUNTS = st.dictionaries(st.sampled_from(_VILLAGES), st.integers(0, 40), min_size=1)
Cell = tuple[str, str]
Rows = Mapping[str, Mapping[str, int]]


@st.composite
def funnels(draw: st.DrawFn) -> dict[str, dict[str, int]]:
    """Return the rows of villages, such as a funnel has them."""
    most = draw(st.sampled_from([4, 9, 40]))
    villages = {}
    for village in draw(st.sets(st.sampled_from(_VILLAGES), min_size=1)):
        first, second, third, none = (draw(st.integers(0, most)) for _ in range(4))
        eligible = first + second + third
        consenting = draw(st.integers(eligible, eligible + none))
        applied = draw(st.integers(0, eligible + none))
        borrowers = draw(st.integers(0, applied))
        this_year = draw(st.integers(0, borrowers))
        villages[village] = {
            "members": eligible + none, "consenting": consenting, "eligible": eligible,
            "first": first, "second": second, "third": third, "none": none, "applied": applied,
            "borrowers": borrowers, "borrowers_this_year": this_year,
        }  # fmt: skip
    return villages


def sums(cells: Rows, layout: Layout) -> Iterator[tuple[Cell, list[Cell], bool]]:
    """Yield what everybody knows of a table: whole, parts, and whether the whole may be more."""
    for code in cells:
        for whole, *parts in layout.sums:
            yield (code, whole), [(code, part) for part in parts], False
        for less, more in layout.at_most:
            yield (code, more), [(code, less)], True
        for length, shorter in ((6, 0), (9, 6), (12, 9)):
            inside = [c for c in cells if len(c) == length and c.startswith(code)]
            if len(code) == shorter:
                for name in layout.counts:
                    yield (code, name), [(c, name) for c in inside], False


def bounds(cells: Rows, layout: Layout, found: SmallCells) -> dict[Cell, tuple[float, float]]:
    """Return what a reader works out of each hidden cell, one sum after the other, by hand."""
    known = {
        (code, name): (float(row[name]), float(row[name]))
        for code, row in cells.items()
        for name in layout.counts
    }
    known |= dict.fromkeys(found.hidden, (1.0, inf))  # nothing is shown, so it is something
    told = list(sums(cells, layout))
    for _ in range(200):
        before = dict(known)
        for whole, parts, is_more in told:
            low, high = (sum(known[part][end] for part in parts) for end in (0, 1))
            known[whole] = (
                max(known[whole][0], low),
                known[whole][1] if is_more else min(known[whole][1], high),
            )
            for part in parts:
                rest = [known[other] for other in parts if other != part]
                most = known[whole][1] - sum(each[0] for each in rest)
                least = -inf if is_more else known[whole][0] - sum(each[1] for each in rest)
                known[part] = (max(known[part][0], least), min(known[part][1], most))
        if known == before:
            break
    return {cell: known[cell] for cell in found.hidden}


@settings(deadline=None)
@given(funnels())
def test_nobody_works_out_a_hidden_cell_from_what_is_shown(villages: Rows) -> None:
    cells = sums_of_villages(villages.items(), LAYOUT.counts)
    found = small_cells(cells, LAYOUT, SMALLEST)
    for cell, (low, high) in bounds(cells, LAYOUT, found).items():
        assert high - low >= SMALLEST, (cell, low, high)


def test_two_hidden_villages_of_one_member_each_do_not_follow_from_their_number() -> None:
    # What a reader saw: 116 in the township, 114 in the villages shown, and two villages hidden.
    counts = {"371502001001": 1, "371502001002": 1, "371502001003": 50, "371502001004": 64}
    cells = sums_of_villages(((code, {"n": n}) for code, n in counts.items()), ("n",))
    found = small_cells(cells, ONE, SMALLEST)
    assert {("371502001001", "n"), ("371502001002", "n"), ("371502001003", "n")} <= found.hidden
    assert all(high - low >= SMALLEST for low, high in bounds(cells, ONE, found).values())


@given(_COUNTS)
def test_a_small_count_is_hidden_and_nothing_is_not(counts: dict[str, int]) -> None:
    cells = sums_of_villages(((code, {"n": n}) for code, n in counts.items()), ("n",))
    found = small_cells(cells, ONE, SMALLEST)
    for code, n in counts.items():
        if 0 < n < SMALLEST:
            assert (code, "n") in found.hidden
        if n == 0:
            assert (code, "n") not in found.hidden


def test_large_counts_are_shown() -> None:
    counts = dict.fromkeys(_VILLAGES, 30)
    cells = sums_of_villages(((code, {"n": n}) for code, n in counts.items()), ("n",))
    assert not small_cells(cells, ONE, SMALLEST).hidden


def test_many_payments_of_few_persons_are_hidden_and_a_person_of_two_villages_counts_once() -> None:
    villages = {"371502001001": {"n": 40}, "371502001002": {"n": 30}, "371503001001": {"n": 90}}
    people = {
        "371502001001": {"n": {"a", "b", "c"}},
        "371502001002": {"n": {"c", "d"}},
        "371503001001": {"n": set("efghij")},
    }
    cells = sums_of_villages(villages.items(), ("n",))
    persons = persons_of_villages(people, ("n",), SMALLEST)
    assert persons["371502"]["n"] == 4
    found = small_cells(cells, ONE, SMALLEST, persons)
    assert {code for code, _ in found.hidden} >= {"371502001001", "371502001002", "371502"}


def test_the_amount_of_few_borrowers_is_hidden_with_them() -> None:
    row = dict.fromkeys(LAYOUT.counts, 40) | {"borrowers": 2, "borrowers_this_year": 2}
    row |= {"disbursed_yuan": 41_000, "disbursed_this_year_yuan": 0}
    villages = [("371502001001", row), ("371502001002", row)]
    cells = sums_of_villages(villages, LAYOUT.counts)
    layout = Layout(counts=LAYOUT.counts, amounts=LAYOUT.amounts)
    found = small_cells(cells, layout, SMALLEST).shown("371502001001", row)
    assert (found["borrowers"], found["disbursed_yuan"]) == (None, None)
    assert found["disbursed_this_year_yuan"] is None
    assert found["members"] == 40


@pytest.mark.parametrize(
    ("ever", "this_year", "earlier", "known"),
    [
        (40, 2, 40, {"disbursed_yuan"}),
        # The borrowers of the year lie within few of all borrowers, so both are hidden.
        (40, 40, 2, set()),
        (40, 38, 3, set()),
        (2, 2, 2, set()),
        (40, 30, 30, {"disbursed_yuan", "disbursed_this_year_yuan"}),
        (40, 40, 0, {"disbursed_yuan", "disbursed_this_year_yuan"}),
        (40, 0, 40, {"disbursed_yuan", "disbursed_this_year_yuan"}),
    ],
)
def test_the_years_amount_and_that_of_all_years_never_give_the_amount_of_few(
    ever: int, this_year: int, earlier: int, known: set[str]
) -> None:
    """Whoever drew earlier drew what was drawn ever less what was drawn this year."""
    few = {"borrowers": ever, "borrowers_this_year": this_year, "borrowers_earlier": earlier}
    many = dict.fromkeys(LAYOUT.counts, 40) | {"applied": 60, "members": 240, "eligible": 120}
    many |= {"none": 120, "consenting": 200, "borrowers_earlier": 40}
    villages = [(f"371502001{n:03d}", many | (few if n < 2 else {})) for n in range(6)]
    cells = sums_of_villages(villages, (*LAYOUT.counts, "borrowers_earlier"))
    hidden = small_cells_of(({"place_code": code, **row} for code, row in cells.items()), SMALLEST)
    amounts = {"disbursed_yuan": 9_000, "disbursed_this_year_yuan": 5_000}
    shown = hidden.shown("371502001000", many | few | amounts)
    assert {name for name in amounts if shown[name] is not None} == known


def test_no_amount_is_hidden_alone_where_others_give_it() -> None:
    layout = Layout(counts=("paid", "repaid", "out"), apart=(("paid", "repaid", "out"),))
    row = {"paid": 30, "repaid": 2, "out": 29}
    cells = sums_of_villages([("371502001001", row), ("371502001002", row)], layout.counts)
    hidden = small_cells(cells, layout, SMALLEST).hidden
    assert {("371502001001", "repaid"), ("371502001001", "out")} <= hidden
    assert ("371502001001", "paid") not in hidden


def test_a_part_of_a_place_is_hidden_with_any_village_in_it() -> None:
    villages = {
        "371502001001": {"n": 2}, "371502001002": {"n": 30}, "371502001003": {"n": 31},
        "371502001004": {"n": 50},
    }  # fmt: skip
    cells = sums_of_villages(villages.items(), ("n",))
    found = small_cells(cells, ONE, SMALLEST)
    part = found.shown("371502001", {"n": 32}, ["371502001001", "371502001002"])
    assert part == {"n": None}
    assert found.shown("371502001", {"n": 81}, ["371502001003", "371502001004"]) == {"n": 81}
    assert found.shown("371502001", {"n": 113}) == {"n": 113}
