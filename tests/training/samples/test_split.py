"""The held-out rows: few bads, borrowers with several rows, and rows with a day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from data.importing.table_file import read_table_file
from model.errors import TrainingError, UnreadableFileError
from training.samples.sample import Sample, held_out
from training.samples.split_columns import borrowers, months
from training.settings import Settings
from training.train import train_table

QUICK = Settings(family="woe", resamples=20, folds=2)


def _sample(rows: int, bads: int, loans: int = 1) -> Sample:
    bad = np.random.default_rng(3).permutation(np.arange(rows) < bads)
    return Sample({}, bad, np.arange(rows) // loans, np.zeros(rows, dtype=np.int64))


def test_a_quarter_is_held_out_if_there_are_many_bads() -> None:
    sample = _sample(4_000, 400)
    held = held_out(sample, Settings())
    assert (held.sum(), sample.bad[held].sum()) == (1_000, 100)


@pytest.mark.parametrize("bads", [45, 50, 59])
def test_with_one_bad_in_a_hundred_both_sides_have_enough_bads(bads: int) -> None:
    sample, settings = _sample(100 * bads, bads), Settings()
    held = held_out(sample, settings)
    assert sample.bad[held].sum() >= settings.least_held_bads
    assert sample.bad[~held].sum() >= settings.least_bads


def test_at_most_half_is_held_out() -> None:
    held = held_out(_sample(1_000, 10), Settings())
    assert held.sum() == 500


def test_a_borrower_with_several_loans_is_on_one_side() -> None:
    sample = _sample(4_000, 400, loans=5)
    held = held_out(sample, Settings())
    assert not set(sample.borrower[held]) & set(sample.borrower[~held])
    assert held.mean() == pytest.approx(0.25, abs=0.02)
    assert sample.bad[held].mean() == pytest.approx(0.1, abs=0.02)


def test_rows_without_a_borrower_are_each_their_own() -> None:
    column = pa.chunked_array([["a", None, "b", "a", None]])
    assert borrowers(column).tolist() == [0, 1, 2, 0, 3]


@pytest.mark.parametrize("text", ["2023-03-09", "2023/3/9", "2023年3月9日", "20230309", "2023.3.9"])
def test_a_day_is_read_in_its_common_forms(text: str) -> None:
    assert months(pa.chunked_array([[text]]), "day").tolist() == [(2023 - 1970) * 12 + 2]


def test_a_value_that_is_no_day_is_counted_and_not_shown() -> None:
    column = pa.chunked_array([["2023-03-09", "soon", None]])
    with pytest.raises(TrainingError, match=r"2 of 3 values of 'day'") as refused:
        months(column, "day")
    assert "soon" not in str(refused.value)


def _loans(folder: Path) -> Path:
    """600 borrowers with three loans each, one a year; risk follows income."""
    rng = np.random.default_rng(8)
    income = np.repeat(rng.normal(size=600), 3).round(3)
    bad = rng.random(1_800) < 1 / (1 + np.exp(1.0 + 1.5 * income))
    day = [
        date(2021 + row % 3, 1, 1) + timedelta(int(rng.integers(0, 360))) for row in range(1_800)
    ]
    table = pa.table(
        {
            "income": income,
            "who": [f"B{row // 3:04d}" for row in range(1_800)],
            "made_on": [each.strftime("%Y/%m/%d") for each in day],
            "bad": bad.astype(int),
        }
    )
    pq.write_table(table, folder / "t.parquet")
    return folder / "t.parquet"


def test_a_date_column_makes_the_split_out_of_time(tmp_path: Path) -> None:
    run = train_table(_loans(tmp_path), "bad", QUICK, date="made_on", group="who")
    assert run.samples.validated_on == "out_of_time"
    assert run.samples.development.period.max() < run.samples.validation.period.min()
    assert list(run.card.attributes) == ["income"]
    assert run.card.provenance["date_column"] == "made_on"


def test_a_borrower_column_keeps_borrowers_whole(tmp_path: Path) -> None:
    run = train_table(_loans(tmp_path), "bad", QUICK, group="who")
    development, validation = run.samples.development, run.samples.validation
    assert not set(development.borrower) & set(validation.borrower)
    with pytest.raises(TrainingError, match="the table has no column 'absent'"):
        train_table(_loans(tmp_path), "bad", QUICK, group="absent")


def test_the_borrower_column_is_no_protected_group_and_its_values_are_in_the_digest(
    tmp_path: Path,
) -> None:
    table = pq.read_table(_loans(tmp_path))
    rows, digests = np.arange(table.num_rows), set()
    for number, borrower in enumerate((rows % 12, rows // 150)):
        who = pa.array([f"B{each}" for each in borrower])
        path = tmp_path / f"{number}.parquet"
        pq.write_table(table.set_column(1, "who", who), path)
        run = train_table(path, "bad", QUICK, group="who")
        assert run.samples.validation.groups == {}
        digests.add(run.origin.source.facts["data_digest"])
    assert len(digests) == 2


def _workbook(path: Path, rows: list[list[object]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("empty")
        sheet = book.add_worksheet("loans")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path


def test_a_workbook_gives_the_table_of_the_same_csv(tmp_path: Path) -> None:
    book = _workbook(
        tmp_path / "t.xlsx", [["a", "b "], [1.5, "x"], [None, "y"], ["", ""], [2, None]]
    )
    (tmp_path / "t.csv").write_text("a,b \n1.5,x\n,y\n2,\n", encoding="utf-8")
    assert read_table_file(book).equals(read_table_file(tmp_path / "t.csv"))


def test_a_workbook_without_rows_or_with_a_repeated_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="holds no rows"):
        read_table_file(_workbook(tmp_path / "e.xlsx", [["a", "b"]]))
    with pytest.raises(UnreadableFileError, match="repeat: a"):
        read_table_file(_workbook(tmp_path / "r.xlsx", [["a", "a"], [1, 2]]))
