"""`rongzi score`: any flat table keeps its columns and gains points, PD, grade and reasons."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from api.scoring.table import ADDED, score_table
from cli.main import rongzi
from cli.score import command
from data.publishing.published_card import card_in, publish_card
from data.storage.placement import Placement
from data.storage.private_files import drafted
from model.card.bins import Bins, Term
from model.card.card_file import write_card
from model.card.reason_table import AttributeText
from model.card.scorecard import Card, Grade, Scaling
from model.errors import BusyError, CardError, GivenError, UnreadableFileError
from model.profile.dictionary import Text

HEADER = ["id", "年龄", "income", "job", "note"]
LINES = [
    ["007", "25", "1000.50", "fixed", "=1+1"],
    ["NA", "", "2,000", "freelance", "x,y"],
    ["null", "nan", "1e3", "", '说"明"'],
    ["", "65", "-5", "astronaut", "two\nlines"],
    ["1.0", "40", "", " fixed ", "-cmd"],
]


def _wording(name: str) -> AttributeText:
    return AttributeText(Text(name, name), Text(name, name), Text(name, name), actionable=False)


@pytest.fixture(scope="module")
def card() -> Card:
    bins = {
        "income": Bins("income", (1_000.0,), (), 0.0, 1e6),
        "job": Bins("job", (), (("fixed",), ("freelance",))),
    }
    return Card(
        name="flat",
        base=600,
        bins=bins,
        terms=(
            Term(("income",), np.array([-20, 30, -7, -50]), 10),
            Term(("job",), np.array([15, -15, -3, -30]), 4),
        ),
        wording={name: _wording(name) for name in bins},
        pd_points=np.array([500, 580, 620], dtype=np.int64),
        pd_values=np.array([0.2, 0.05, 0.01]),
        grades=(Grade("A", 0.02), Grade("B", 1.0)),
        scaling=Scaling(),
        provenance={},
    )


@pytest.fixture
def card_dir(card: Card, tmp_path: Path) -> Path:
    write_card(tmp_path / "card", card)
    return tmp_path / "card"


def _written(path: Path, lines: list[list[str]], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([HEADER, *lines])
    return path


def _read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_a_csv_keeps_its_own_cells_unchanged(card: Card, tmp_path: Path) -> None:
    table, out = _written(tmp_path / "in.csv", LINES), tmp_path / "out.csv"
    assert score_table(table, card, out).rows == 5
    header, *lines = _read(out)
    assert header == HEADER + ADDED.names
    assert [line[:5] for line in lines] == LINES


def test_points_pd_grade_and_reasons_follow_from_the_card(card: Card, tmp_path: Path) -> None:
    table, out = _written(tmp_path / "in.csv", LINES), tmp_path / "out.csv"
    score_table(table, card, out)
    added = [line[5:] for line in _read(out)[1:]]
    assert added[0] == ["645", "0.01", "A", "", "", "", ""]
    # "2,000" is two thousand, as the import reads it.
    assert added[1] == ["615", "0.05", "B", "JOB", "", "", ""]
    assert added[2] == ["627", "0.01", "A", "JOB_MISSING", "", "", ""]
    assert added[3] == ["520", "0.2", "B", "INCOME_OUT_OF_RANGE", "JOB_OUT_OF_RANGE", "", ""]
    assert added[4] == ["608", "0.05", "B", "INCOME_MISSING", "", "", ""]


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
@pytest.mark.parametrize("rows_at_a_time", [1, 2, 3, 1_000])
def test_the_size_of_a_part_never_changes_the_result(
    card: Card, tmp_path: Path, ending: str, rows_at_a_time: int
) -> None:
    source = _table_of(tmp_path, ending, LINES * 3)
    whole, parts = tmp_path / f"whole{ending}", tmp_path / f"parts{ending}"
    score_table(source, card, whole)
    score_table(source, card, parts, rows_at_a_time)
    read: Callable[[Path], object] = _read if ending == ".csv" else pq.read_table
    assert read(whole) == read(parts)


def _table_of(folder: Path, ending: str, lines: list[list[str]]) -> Path:
    source = _written(folder / "in.csv", lines)
    if ending == ".csv":
        return source
    columns = [list(column) for column in zip(*lines, strict=True)]
    pq.write_table(pa.table(columns, names=HEADER), folder / "in.parquet", row_group_size=4)
    return folder / "in.parquet"


def test_a_parquet_table_keeps_its_types(card: Card, tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.array([1, None, 3], pa.int32()),
            "income": pa.array([1_000.0, None, 5.0]),
            "job": pa.array(["fixed", None, "freelance"]).dictionary_encode(),
            "day": pa.array([None, None, None], pa.date32()),
        }
    )
    pq.write_table(table, tmp_path / "in.parquet")
    score_table(tmp_path / "in.parquet", card, tmp_path / "out.parquet")
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.select(table.column_names).equals(table)
    assert found["points"].to_pylist() == [645, 590, 565]
    assert found.schema.names == table.column_names + ADDED.names


def test_a_chinese_csv_in_gb18030_comes_out_in_utf_8(card: Card, tmp_path: Path) -> None:
    lines = [["1", "25", "1000", "fixed", "聊城市东昌府区的农户经营情况说明"]] * 3
    source, out = _written(tmp_path / "in.csv", lines, "gb18030"), tmp_path / "out.csv"
    score_table(source, card, out)
    assert _read(out)[1][:5] == lines[0]


def test_an_attribute_the_table_lacks_is_named(card: Card, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,job\n1,fixed\n")
    with pytest.raises(UnreadableFileError, match=r"reads income.*its columns are id, job"):
        score_table(tmp_path / "in.csv", card, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_columns_called_points_or_pd_get_the_added_ones_another_name(
    card: Card, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("income,job,points,pd\n2000,fixed,2,3\n")
    scored = score_table(tmp_path / "in.csv", card, tmp_path / "out.csv")
    header, line = _read(tmp_path / "out.csv")
    assert header[:6] == ["income", "job", "points", "pd", "points_card", "pd_card"]
    assert line[:6] == ["2000", "fixed", "2", "3", "645", "0.01"]
    assert tuple(header[4:]) == scored.added
    again = score_table(tmp_path / "out.csv", card, tmp_path / "again.csv")
    assert again.added[0] == "points_card_2"


def test_a_csv_has_a_byte_order_mark_so_that_a_spreadsheet_reads_its_chinese(
    card: Card, tmp_path: Path
) -> None:
    score_table(_written(tmp_path / "in.csv", LINES), card, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes().startswith(codecs.BOM_UTF8 + b"id,")


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_each_column_counts_what_the_card_cannot_place(
    card: Card, tmp_path: Path, ending: str
) -> None:
    lines = [*LINES, ["", "", "about 5", "fixed", ""], *[["", "", "5", "fixed", ""]] * 44]
    source = _table_of(tmp_path, ending, lines)
    for rows_at_a_time in (1, 7, 1_000):
        income, job = score_table(source, card, tmp_path / "out.csv", rows_at_a_time).placements
        assert income == Placement("income", 50, missing=1, unreadable=1, out_of_range=1)
        assert job == Placement("job", 50, missing=1, unseen=1)
    assert income.counts() == (
        "缺失 missing 1 (2.0%), 无法读取 unreadable 1 (2.0%), 超出范围 out of range 1 (2.0%)"
    )


@pytest.mark.parametrize(
    ("bad_lines", "why"),
    [
        ([["", "", "about 5", "fixed", ""]] * 6, "income: 无法读取 unreadable 6"),
        ([["", "", "-5", "fixed", ""]] * 101, "income: 超出范围 out of range 101"),
        ([["", "", "5", "固定", ""]] * 101, "job: 训练中未见 unseen in training 101"),
    ],
)
def test_a_table_that_the_card_cannot_place_is_refused_unless_the_share_is_allowed(
    card: Card, tmp_path: Path, bad_lines: list[list[str]], why: str
) -> None:
    good = [["", "", "5", "fixed", ""]] * (94 if len(bad_lines) == 6 else 99)
    source, out = _written(tmp_path / "in.csv", [*good, *bad_lines]), tmp_path / "out.csv"
    with pytest.raises(UnreadableFileError, match=why):
        score_table(source, card, out)
    assert not out.exists()
    assert score_table(source, card, out, allow_unreadable=0.6).rows == len(good) + len(bad_lines)
    with pytest.raises(UnreadableFileError, match="--allow-unreadable"):
        score_table(source, card, out, allow_unreadable=0.01)


@pytest.mark.parametrize("name", ["out.xlsx", "out", "out.csv.gz"])
def test_an_output_of_another_kind_is_refused(card: Card, tmp_path: Path, name: str) -> None:
    source = _written(tmp_path / "in.csv", LINES)
    with pytest.raises(GivenError, match=r"\.csv or \.parquet"):
        score_table(source, card, tmp_path / name)


@pytest.mark.parametrize("payload", [b"", b"PAR1", b"not parquet at all"])
def test_a_damaged_parquet_is_refused(card: Card, tmp_path: Path, payload: bytes) -> None:
    (tmp_path / "in.parquet").write_bytes(payload)
    with pytest.raises(UnreadableFileError, match="cannot be read as Parquet"):
        score_table(tmp_path / "in.parquet", card, tmp_path / "out.parquet")


def test_an_empty_table_is_refused(card: Card, tmp_path: Path) -> None:
    pq.write_table(pa.table({"income": pa.array([], pa.float64())}), tmp_path / "in.parquet")
    for source in (tmp_path / "in.parquet", _written(tmp_path / "in.csv", [])):
        with pytest.raises(UnreadableFileError, match="no rows"):
            score_table(source, card, tmp_path / "out.parquet")


def test_a_failed_run_leaves_no_output(card: Card, tmp_path: Path) -> None:
    schema = pa.schema([("income", pa.float64()), ("job", pa.string())])
    source = tmp_path / "in.parquet"
    with pq.ParquetWriter(source, schema) as writer:
        for _ in range(3):
            writer.write_table(pa.table({"income": [1.0] * 500, "job": ["fixed"] * 500}))
    payload = bytearray(source.read_bytes())
    payload[len(payload) // 2 - 40 : len(payload) // 2] = b"\xff" * 40
    source.write_bytes(bytes(payload))
    with pytest.raises(UnreadableFileError):
        score_table(source, card, tmp_path / "out.csv", rows_at_a_time=100)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.parquet"]


def test_the_command_notes_that_a_card_is_unsigned(card_dir: Path, tmp_path: Path) -> None:
    source, out = _written(tmp_path / "in.csv", LINES), tmp_path / "out.csv"
    result = CliRunner().invoke(
        command, ["--table", str(source), "--card", str(card_dir), "--out", str(out)]
    )
    assert result.exit_code == 0
    assert "not signed" in result.stderr
    assert "scored 5 rows" in result.stdout
    assert "列 column income: 缺失 missing 1 (20.0%), 超出范围 out of range 1 (20.0%)" in (
        result.stderr
    )


def test_json_counts_the_values_of_each_column_and_a_promoted_card_is_told(
    card_dir: Path, tmp_path: Path
) -> None:
    source, out = _written(tmp_path / "in.csv", LINES), tmp_path / "out.csv"
    words = ["score", "--table", source, "--card", card_dir, "--out", out, "--home", tmp_path]
    done = CliRunner().invoke(rongzi, [*map(str, words), "--json"], catch_exceptions=False)
    found = json.loads(done.stdout)
    assert found["columns"]["income"] == {
        "rows": 5, "missing": 1, "unreadable": 0, "out_of_range": 1, "unseen": 0,
    }  # fmt: skip
    assert "no decision can use it" in done.stderr
    (tmp_path / "cards").mkdir()
    line = json.dumps({"card_digest": found["card_digest"]})
    (tmp_path / "cards" / "promotions.jsonl").write_text(f"{line}\n")
    done = CliRunner().invoke(rongzi, [*map(str, words)], catch_exceptions=False)
    assert f"was promoted; its signed copy is {tmp_path / 'cards'}" in done.stderr


def test_the_command_scores_a_table_with_many_words_only_when_told_to(
    card_dir: Path, tmp_path: Path
) -> None:
    lines = [*LINES, ["", "", "about 5", "fixed", ""]]
    source, out = _written(tmp_path / "in.csv", lines), tmp_path / "out.csv"
    words = ["--table", str(source), "--card", str(card_dir), "--out", str(out)]
    refused = CliRunner().invoke(command, words)
    assert isinstance(refused.exception, UnreadableFileError)
    allowed = CliRunner().invoke(command, [*words, "--allow-unreadable", "0.4"])
    assert allowed.exit_code == 0
    assert "无法读取 unreadable 1 (16.7%)" in allowed.stderr


def test_a_flipped_byte_in_the_card_is_refused(card_dir: Path, tmp_path: Path) -> None:
    payload = bytearray((card_dir / "card.json").read_bytes())
    payload[100] ^= 1
    (card_dir / "card.json").write_bytes(bytes(payload))
    with pytest.raises(CardError, match="do not match"):
        card_in(card_dir, tmp_path)


def test_a_card_that_claims_a_signature_must_prove_it(card_dir: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    folder = publish_card(home, card_dir, "Tester", datetime(2023, 10, 1, tzinfo=UTC)).folder
    assert card_in(folder, home).approved_by == "Tester"
    with pytest.raises(CardError, match="not trusted here"):
        card_in(folder, tmp_path / "elsewhere")
    manifest = folder / "card.manifest"
    manifest.write_text(manifest.read_text().replace("Tester", "Somebody"))
    with pytest.raises(CardError, match="signature does not fit"):
        card_in(folder, home)


def test_a_missing_card_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="cannot be read"):
        card_in(tmp_path, tmp_path)


def test_a_second_run_to_the_same_file_is_refused(tmp_path: Path, card: Card) -> None:
    source, out = _written(tmp_path / "in.csv", LINES), tmp_path / "scored.csv"
    with drafted(out) as draft:
        with pytest.raises(BusyError, match="another run is writing"):
            score_table(source, card, out)
        draft.write_text("of the first run")
    assert out.read_text() == "of the first run"
