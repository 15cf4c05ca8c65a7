"""Flat tables: encodings, delimiters, blanks, text in columns of numbers."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.storage.flat_table import (
    card_columns,
    flat_columns,
    numbers,
    read_flat_table,
    unreadable,
    words,
)
from model.errors import UnreadableFileError

CHINESE = "编号,作物,金额\n1,小麦,10\n2,玉米、甜瓜,20\n3,,30\n"
LATIN = "id,cidade,valor\n1,São João,10\n2,Conceição,20\n3,,30\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "utf-8"), (CHINESE, "utf-8-sig"), (CHINESE, "gb18030"), (CHINESE, "utf-16"),
        (CHINESE, "utf-16-le"), (CHINESE, "utf-16-be"),
        (LATIN, "utf-8"), (LATIN, "latin-1"), (LATIN, "utf-16"),
    ],
)  # fmt: skip
def test_a_csv_reads_alike_in_every_encoding(tmp_path, text, encoding):
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode(encoding))
    rows = [line.split(",") for line in text.splitlines()]
    found = read_flat_table(path)
    assert found.column_names == rows[0]
    assert found[1].to_pylist() == [row[1] or None for row in rows[1:]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_delimiters_and_line_ends_are_recognised(tmp_path, delimiter, line_end):
    path = tmp_path / "table.csv"
    lines = [delimiter.join(row) for row in (("a", "b"), ("1", '"x\ny"'), ("", "NA"))]
    path.write_bytes(line_end.join(lines).encode())
    assert read_flat_table(path).to_pydict() == {"a": ["1", None], "b": ["x\ny", "NA"]}


def test_parquet_keeps_its_types(tmp_path):
    table = pa.table({"n": [1.5, None], "flag": [True, None], "word": ["x", " "], "id": [7, None]})
    pq.write_table(table, tmp_path / "table.parquet")
    kinds = {"n": "number", "flag": "number", "word": "text", "id": "number"}
    found = flat_columns(read_flat_table(tmp_path / "table.parquet"), kinds)
    for name, expected in (("n", 1.5), ("flag", 1.0), ("id", 7.0)):
        np.testing.assert_array_equal(found[name], [expected, np.nan])
    assert found["word"].tolist() == ["x", None]


def test_words_among_numbers_are_out_of_range_and_blanks_missing():
    cells = [" 1,5 ", "12", "NA", "", "?", None, "-", "1e3", "n/a", "about 5", "1_000", "inf"]
    found = numbers(pa.chunked_array([pa.array(cells, pa.string())]))
    expected = [np.inf, 12, *[np.nan] * 5, 1000, np.nan, np.inf, np.inf, np.inf]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("36,342.32", 36342.32), ("36，342.32", 36342.32), ("1,234,567", 1234567),
        ("３６３４２．３２", 36342.32), ("46.4%", 0.464), ("46.4 ％", 0.464), ("-5%", -0.05),
        ("¥1,200", 1200), ("￥ 1,200.50", 1200.5), ("1,200元", 1200), (" 12\u3000", 12),
        ("−3", -3), ("'-3", -3), ('="007"', 7), ("\ufeff8", 8), (".5", 0.5), ("+2", 2),
        ("—", np.nan), ("//", np.nan), ("#N/A", np.nan), ("ＮＡ", np.nan),
        ("12,34", np.inf), ("1,5", np.inf), ("3.5万元", np.inf), ("$5", np.inf), ("%", np.inf),
        ("5%%", np.inf), ("Inf", np.inf), ("-inf", np.inf), ("1e999", np.inf), ("12a", np.inf),
    ],
)  # fmt: skip
def test_a_number_reads_as_the_import_reads_it_or_is_unreadable(cell, number):
    column = pa.chunked_array([pa.array([cell, "1"], pa.string())])
    np.testing.assert_array_equal(numbers(column), [number, 1])
    assert unreadable(column).tolist() == [np.isinf(number), False]


def test_an_infinity_of_a_parquet_is_no_word():
    column = pa.chunked_array([pa.array([np.inf, 1.0, None])])
    assert not unreadable(column).any()


def test_outer_spaces_of_names_and_unnamed_empty_columns_are_left_out(tmp_path):
    (tmp_path / "t.csv").write_text(" a,b ,,\n1,2,,\n", encoding="utf-8")
    assert read_flat_table(tmp_path / "t.csv").to_pydict() == {"a": ["1"], "b": ["2"]}


def test_text_keeps_spellings_such_as_na_and_loses_only_blanks():
    found = words(pa.chunked_array([pa.array(["NA", " null ", "", "  ", None, "007"])]))
    assert found.tolist() == ["NA", "null", None, None, None, "007"]


@given(
    st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)), max_size=20)
)
def test_numbers_survive_being_written_as_text(values):
    column = pa.array([None if v is None else repr(v) for v in values], pa.string())
    found = numbers(pa.chunked_array([column]))
    np.testing.assert_array_equal(found, [np.nan if v is None else v for v in values])


@pytest.mark.parametrize(
    ("name", "payload", "why"),
    [
        ("t.csv", b"a,b\n1,2\n1,2,3\n", "row 3 has 3 cells, the header has 2"),
        ("t.csv", b"a,a\n1,2\n", "column names repeat: a"),
        ("t.csv", b"a,b\n", "holds no rows"),
        ("t.csv", b"", "holds no rows"),
        ("t.csv", b'a,b\n"1,2\n', "cannot be read"),
        ("t.parquet", b"PAR1 no", "cannot be read"),
        ("t.pdf", b"%PDF", r"ends in \.csv, \.xlsx or \.parquet"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(tmp_path, name, payload, why):
    (tmp_path / name).write_bytes(payload)
    with pytest.raises(UnreadableFileError, match=why):
        read_flat_table(tmp_path / name)


def test_an_absent_file_is_refused(tmp_path):
    with pytest.raises(UnreadableFileError, match="cannot be read"):
        read_flat_table(tmp_path / "none.csv")


def test_absent_columns_are_all_named(member_card):
    with pytest.raises(UnreadableFileError, match=r"bills_on_time_share_12m, .*net_sales_12m"):
        card_columns(pa.table({"months_of_history": [1.0]}), member_card)
