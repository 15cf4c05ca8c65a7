"""The drafted dictionary: valid, with notes on what to check."""

import numpy as np
import pyarrow as pa
import pytest

from model.profile.dictionary import read_dictionary
from training.samples.draft import draft_dictionary

ROWS = 300


@pytest.fixture
def table():
    rng = np.random.default_rng(1)
    income = [None if i % 10 == 0 else f"{x:.2f}" for i, x in enumerate(rng.lognormal(8, 1, ROWS))]
    return pa.table(
        {
            "客户编号": [f"C{i:05d}" for i in range(ROWS)],
            "serial": list(range(1000, 1000 + ROWS)),
            "income": income,
            "change": rng.normal(size=ROWS),
            "owner: yes/no": rng.integers(0, 2, ROWS),
            "applied": ["2023-05-01", "2023/6/2", "2023年7月3日"] * (ROWS // 3),
            "crop": rng.choice(["小麦", "玉米"], ROWS).tolist(),
            "sexCode": rng.integers(1, 3, ROWS),
            "manager": rng.choice(["a", "b"], ROWS).tolist(),
            "always": ["same"] * ROWS,
            "never": pa.nulls(ROWS, pa.string()),
            "on": rng.choice(["x", "y"], ROWS).tolist(),
            "target": rng.integers(0, 2, ROWS),
        }
    )


@pytest.fixture
def drafted(table):
    return read_dictionary(draft_dictionary(table, "target"), "draft")


def test_every_column_but_the_target_is_drafted_in_its_order(table, drafted):
    assert list(drafted.attributes) == [name for name in table.column_names if name != "target"]


def test_types_are_read_from_the_values(drafted):
    assert {a.name: a.type for a in drafted if a.role == "scored"} == {
        "income": "number", "change": "number", "owner: yes/no": "flag", "crop": "text",
        "sexCode": "number", "manager": "text", "always": "text", "never": "text", "on": "text",
    }  # fmt: skip


def test_ids_and_dates_are_not_scored(drafted):
    assert drafted.named("audit") == ("客户编号", "serial", "applied")


def test_ranges_leave_room_for_larger_values(drafted, table):
    income = drafted["income"]
    seen = max(float(x) for x in table["income"].to_pylist() if x)
    assert income.minimum == 0
    assert 10 * seen <= income.maximum <= 100 * seen
    assert drafted["change"].minimum == -drafted["change"].maximum
    assert (drafted["owner: yes/no"].minimum, drafted["owner: yes/no"].maximum) == (0, 1)


def note_above(text, name):
    block = next(b for b in text.split("\n\n") if f"\n{name}:" in f"\n{b}")
    return " ".join(line for line in block.splitlines() if line.startswith("#"))


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("客户编号", "an id: left out"), ("serial", "an id: left out"), ("applied", "dates"),
        ("income", "10.0% missing"), ("always", "constant"), ("never", "every value is missing"),
        ("sexCode", "may be protected"),
    ],
)  # fmt: skip
def test_a_comment_says_what_to_check(table, name, note):
    assert note in note_above(draft_dictionary(table, "target"), name)


def test_a_name_that_only_contains_a_protected_word_raises_no_alarm(table):
    assert "protected" not in note_above(draft_dictionary(table, "target"), "manager")


def test_directions_are_free_and_texts_come_in_both_languages(drafted):
    for each in drafted:
        assert each.direction == "free"
        assert each.name in each.reason.zh
        assert each.name in each.missing.en


def test_numbers_of_any_size_come_back_as_numbers():
    table = pa.table({"huge": [3e15, 1e15], "tiny": [1e-9, 2e-9], "zero": [0.0, -0.0], "t": [0, 1]})
    drafted = read_dictionary(draft_dictionary(table, "t"), "draft")
    assert drafted["huge"].maximum >= 3e16
    assert 2e-8 <= drafted["tiny"].maximum <= 2e-7
