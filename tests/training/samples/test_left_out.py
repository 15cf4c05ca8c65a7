"""A table as it is: identifiers stay out of everything that a run writes, and words are counted."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from cli.main import rongzi
from model.profile.dictionary import read_dictionary
from tests.training.samples.test_identifiers import PHONE_NUMBERS, id_numbers
from training.samples.draft import draft_dictionary
from training.samples.table import table_notes

ROWS = 2_000


@pytest.fixture(scope="module")
def table():
    dice = np.random.default_rng(3)
    income, late = dice.lognormal(9, 0.8, ROWS).round(2), dice.poisson(1.0, ROWS)
    risk = -1.8 - 1.4 * (np.log(income) - 9) + 0.8 * late
    words = [f"{x:,.2f}" if dice.random() > 0.02 else "Inf" for x in income]
    return pa.table(
        {
            "客户编号": [f"K{i:05}" for i in range(ROWS)],
            "证件": dice.choice(id_numbers(), ROWS).tolist(),
            "电话": [int(n) for n in dice.choice(PHONE_NUMBERS, ROWS)],
            "姓名": [f"某{dice.integers(300):03}甲" for _ in range(ROWS)],
            "申请日": ["2023-05-01", "2023-06-02"] * (ROWS // 2),
            "民族": ["汉"] * (ROWS - 100) + ["回"] * 99 + ["某族"],
            "income": words,
            "late": late.tolist(),
            "是否违约": (dice.random(ROWS) < 1 / (1 + np.exp(-risk))).astype(int).tolist(),
        }
    )


@pytest.fixture(scope="module")
def drafted(table):
    return draft_dictionary(table, "是否违约")


@pytest.fixture(scope="module")
def trained(table, drafted, tmp_path_factory):
    """The output and folder of a training whose dictionary even scores the identifiers."""
    folder = tmp_path_factory.mktemp("left out")
    pa_csv.write_csv(table, folder / "t.csv")
    asked = drafted
    for name in ("证件", "电话", "姓名"):
        head, entry = asked.split(f"\n{name}:\n")
        asked = f"{head}\n{name}:\n{entry.replace('role: audit', 'role: scored', 1)}"
    (folder / "d.yaml").write_bytes(asked.encode("gb18030"))
    words = [
        "train", "--table", folder / "t.csv", "--target", "是否违约", "--family", "woe",
        "--dictionary", folder / "d.yaml", "--out", folder / "card", "--home", folder / "home",
        "--mlruns", folder / "mlruns",
    ]  # fmt: skip
    found = CliRunner().invoke(rongzi, [str(word) for word in words])
    assert found.exit_code == 0, found.output
    return found.output, folder


def personal(table):
    """Every value that identifies a person, as text."""
    names = ("客户编号", "证件", "电话", "姓名")
    return {str(value) for name in names for value in table[name].to_pylist()}


def test_every_identifier_is_named_as_left_out(trained):
    output, _ = trained
    for note in (
        "客户编号：几乎每行不同，疑为编号，不评分也不分组", "证件：身份证号，不评分也不分组",
        "电话：手机号码", "姓名：姓名", "申请日：日期",
    ):  # fmt: skip
        assert note in output


def test_no_file_and_no_line_holds_a_persons_number_or_name(table, drafted, trained):
    output, folder = trained
    written = [
        path for part in ("card", "mlruns") for path in (folder / part).rglob("*") if path.is_file()
    ]
    assert {"validation.parquet", "report.html", "gates.json"} <= {path.name for path in written}
    texts = {str(path): path.read_bytes() for path in written}
    texts |= {"output": output.encode(), "draft": drafted.encode()}
    for name, payload in texts.items():
        assert not [value for value in personal(table) if value.encode() in payload], name


def test_the_validation_rows_hold_scored_attributes_and_groups_only(trained):
    _, folder = trained
    kept = set(pq.read_schema(folder / "card" / "validation.parquet").names)
    assert kept == {"attribute.income", "attribute.late", "group.民族", "bad", "borrower"}


def test_groups_too_small_for_a_rate_are_merged_and_judged_as_none(trained):
    _, folder = trained
    found = json.loads((folder / "card" / "evaluation.json").read_text(encoding="utf-8"))
    (nation,) = found["fairness"]["attributes"]
    assert {row["group"] for row in nation["groups"]} == {"汉", "(others)"}
    gates = (folder / "card" / "gates.json").read_text(encoding="utf-8")
    assert "FAIRNESS_" not in gates.replace("FAIRNESS_OFFERS", "")
    assert "no two groups have 50 rows each" in gates


def test_words_among_numbers_are_counted_and_the_column_stays_a_number(table, drafted, trained):
    dictionary = read_dictionary(drafted, "draft")
    count = table["income"].to_pylist().count("Inf")
    assert count > ROWS * 0.01
    assert dictionary["income"].type == "number"
    assert f"income：{count} 个值" in trained[0]
    assert f"{count} values ({count / ROWS:.1%}) are no numbers and train as out of" in trained[0]


def test_numbers_among_words_are_counted(drafted):
    mixed = pa.table(
        {"code": [f"{i}" for i in range(30)] * 2 + ["A1", "B2", "C3"] * 40, "t": [0] * 180}
    )
    dictionary = read_dictionary(draft_dictionary(mixed, "t"), "draft")
    assert dictionary["code"].type == "text"
    assert table_notes(mixed, dictionary) == (
        "code：60 个值（33.3%）是数字，按文字训练 · 60 values (33.3%) are numbers"
        " and train as text",
    )


def test_a_few_spellings_such_as_three_plus_stay_text():
    table = pa.table({"children": ["0", "1", "2", "3+"] * 50, "t": [0, 1] * 100})
    dictionary = read_dictionary(draft_dictionary(table, "t"), "draft")
    assert dictionary["children"].type == "text"
    assert table_notes(table, dictionary) == ()
