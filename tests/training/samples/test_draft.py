"""The drafted dictionary: valid, with notes on what to check."""

import numpy as np
import pyarrow as pa
import pytest

from model.profile.dictionary import read_dictionary
from training.samples.draft import draft_dictionary
from training.samples.sentinels import sentinels
from training.samples.table import table_notes
from training.train import drafted_dictionary

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
        "manager": "text", "always": "text", "never": "text", "on": "text",
    }  # fmt: skip


def test_ids_dates_and_what_may_be_protected_are_not_scored(drafted):
    assert drafted.named("audit") == ("客户编号", "serial", "applied", "sexCode")
    assert drafted["sexCode"].type == "number"


def test_a_draft_that_nobody_reviews_takes_what_may_be_protected_as_it_is_given(table):
    assert "sexCode" in drafted_dictionary(table, "target", "t").named("scored")


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
        ("sexCode", "may be protected: scoring by it may be unlawful, so it is kept for fairness"),
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


AGES = [*range(18, 75)] * 5


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ([*AGES, -1, -1], [-1]), ([*AGES, 999], [999]), ([*AGES, -99, -1, 9999], [-99, -1, 9999]),
        ([0, 1, 0, -9], [-9]), ([0, 1, 2, 3, -9], [-9]), ([*range(50), -1], [-1]),
        ([-20.5, 3.5, 35.0, -999], [-999]),
        # Values of their own kind: a scale, a status code, a count, a debt, a price.
        ([-1, 1, 1], []), ([-1, 0, 1, 0], []), ([-2, -1, 0, 1, 2], []), ([-1, 0, 1, 2, 3, 4], []),
        ([*range(9), 9, 99], []), ([*range(-500, 500, 3), -9999], [-9999]),
        ([12.5, 820.0, 999.0, 40.0], []), ([-9, -8, -7, *range(40)], []), ([-1, -1], []),
    ],
)  # fmt: skip
def test_a_code_far_from_the_other_values_seems_to_mean_missing(values, codes):
    assert sentinels(np.array([*values, np.nan, np.inf])).tolist() == codes


def test_a_code_that_seems_to_mean_missing_is_out_of_range_in_a_draft():
    rows = len(AGES) + 3
    table = pa.table({
        "months": [*AGES, -1, -1, -1], "term": [*AGES, 999, 999, 999], "t": [0, 1] * (rows // 2)
    })  # fmt: skip
    text = draft_dictionary(table, "t")
    drafted = read_dictionary(text, "draft")
    assert (drafted["months"].minimum, drafted["months"].maximum) == (0, 1000)
    assert 999 > drafted["term"].maximum > 5 * 74
    assert "-1 in 3 rows lies far from the others and seems to mean missing" in note_above(
        text, "months"
    )
    assert table_notes(table, drafted) == ()


def test_a_run_says_which_codes_train_as_values_and_what_may_be_protected():
    table = pa.table({"age": [*AGES, -1, -1, -1], "t": [0, 1] * ((len(AGES) + 3) // 2)})
    assert table_notes(table, drafted_dictionary(table, "t", "t")) == (
        "age：可能受保护，仍可入模 · may be protected, and may enter the card",
        "age：3 行为 -1，远离其他取值，疑为缺失，仍按数值训练"
        " · -1 in 3 rows lies far from the others, seems to mean missing, and trains as a value",
    )
