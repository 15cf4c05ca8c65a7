"""Csv files as branches send them: encodings, delimiters, quotation marks, broken lines."""

import codecs
import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.importing.files.csv_file import detect_encoding
from data.importing.files.formats import open_sheets
from data.importing.limits import MAX_CELL_CHARS, MAX_COLUMNS, MAX_LINE_CHARS
from data.importing.refusals import RefusedFileError

HEADER = "会员编号,月份,寄件量\r\n"
BODY = "M001,2023-05,3\r\n"


@pytest.fixture
def read(tmp_path):
    """Write bytes as a csv file and read its rows, numbered, and the rows with unclosed quotes."""

    def rows(content: bytes):
        path = tmp_path / "file.csv"
        path.write_bytes(content)
        with open_sheets(path) as (sheet,):
            chunks = list(sheet.chunks)
        numbered = [row for c in chunks for row in zip(c.numbers, c.rows, strict=True)]
        return numbered, {number for c in chunks for number in c.unclosed}

    return rows


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("gb18030", b""),
        ("gbk", b""),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
        ("utf-32-le", codecs.BOM_UTF32_LE),
    ],
)
def test_a_file_reads_the_same_in_every_encoding(read, encoding, mark):
    text = HEADER + BODY + "M002,2023年6月,4\r\n" * 50
    numbered, _ = read(mark + text.encode(encoding))
    assert numbered[0] == (1, ["会员编号", "月份", "寄件量"])
    assert numbered[2] == (3, ["M002", "2023年6月", "4"])
    assert len(numbered) == 52


def test_gb18030_reaches_beyond_gbk(read):
    numbered, _ = read((HEADER + "㐂𠮷镕,2023-05,3\r\n").encode("gb18030"))
    assert numbered[1][1][0] == "㐂𠮷镕"


def test_a_few_broken_bytes_cost_their_rows_only(read):
    text = (HEADER + BODY * 3).encode("gb18030") + b"\xff\xfe\x81,2023-05,3\r\n" + BODY.encode()
    numbered, _ = read(text)
    assert "\ufffd" in numbered[4][1][0]
    assert numbered[4][1][1:] == ["2023-05", "3"]
    assert numbered[5][1] == ["M001", "2023-05", "3"]


def test_a_gb18030_file_with_many_words_that_are_valid_utf_8_is_not_taken_for_it(tmp_path):
    path = tmp_path / "flows.csv"
    path.write_bytes((HEADER + "M001,202305,约5\r\n" * 100).encode("gb18030"))
    assert detect_encoding(path) == "gb18030"


def test_rows_pasted_in_another_encoding_are_recognised(read):
    text = (HEADER + BODY).encode() + "张三,2023-05,3\r\n".encode("gb18030")
    numbered, _ = read(text)
    assert numbered[0][1][0] == "会员编号"
    assert "\ufffd" in numbered[2][1][0]


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "noise.csv"
    path.write_bytes(b"abc," + b"\xff" * 99)
    with pytest.raises(RefusedFileError, match="FILE_ENCODING"):
        detect_encoding(path)


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_recognised(read, delimiter, end):
    text = (HEADER + BODY).replace(",", delimiter).replace("\r\n", end)
    numbered, _ = read(text.encode())
    assert numbered[1] == (2, ["M001", "2023-05", "3"])


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("line", ["sep={}", "SEP={}", '"sep={}"', "\ufeffsep={}"])
def test_a_first_line_may_name_the_delimiter(read, delimiter, line):
    titles = "注：甲,乙；丙;丁|戊" * 9
    text = f"{line.format(delimiter)}\r\n{titles}\r\n" + (HEADER + BODY).replace(",", delimiter)
    numbered, _ = read(text.encode())
    assert numbered[-1] == (4, ["M001", "2023-05", "3"])


def test_quoted_line_breaks_and_blank_lines_keep_the_numbers_of_a_spreadsheet(read):
    text = HEADER + '"M0\n01","2023-05","1,234"\r\n' + "\r\n" + BODY
    numbered, _ = read(text.encode())
    assert numbered[1] == (2, ["M0\n01", "2023-05", "1,234"])
    assert numbered[2] == (3, [])
    assert numbered[3][0] == 4


def test_a_quotation_mark_that_never_closes_costs_one_row(read):
    text = HEADER + 'M001,"2023-05,3\r\n' + BODY * 100
    numbered, unclosed = read(text.encode())
    assert unclosed == {2}
    assert numbered[1] == (2, ["M001", '"2023-05', "3"])
    assert len(numbered) == 102


def test_a_quotation_mark_that_never_closes_at_the_end_costs_one_row(read):
    numbered, unclosed = read((HEADER + BODY + 'M001,"2023-05,3\r\n' + BODY).encode())
    assert unclosed == {3}
    assert [number for number, _ in numbered] == [1, 2, 3, 4]


def test_zero_bytes_in_a_row_reach_the_parser(read):
    numbered, _ = read((HEADER + "M0\x0001,2023-05,3\r\n" + BODY * 20).encode())
    assert numbered[1][1] == ["M0\x0001", "2023-05", "3"]


def test_a_long_cell_is_cut_but_still_found_too_long(read):
    numbered, _ = read((HEADER + f"{'x' * 5000},2023-05,3\r\n").encode())
    assert len(numbered[1][1][0]) == MAX_CELL_CHARS + 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FILE_EMPTY"),
        (b"%PDF-1.7", "FILE_UNKNOWN_FORMAT"),
        (b"<html><table>", "FILE_UNKNOWN_FORMAT"),
        (b"\x1f\x8b\x08", "FILE_UNKNOWN_FORMAT"),
        (b'{"a": 1}', "FILE_UNKNOWN_FORMAT"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "FILE_OLD_EXCEL"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "FILE_ENCRYPTED",
        ),
        (b"," * 20_000, "FILE_TOO_WIDE"),
        (b"x" * (MAX_LINE_CHARS + 1), "FILE_LINE_TOO_LONG"),
    ],
)
def test_what_is_no_csv_is_refused(read, content, code):
    with pytest.raises(RefusedFileError, match=code):
        read(content)


cells = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufffd"), max_size=8
)


@settings(deadline=None)
@given(rows=st.lists(st.lists(cells, min_size=2, max_size=MAX_COLUMNS // 32), max_size=8))
def test_whatever_a_csv_writer_writes_is_read_back(tmp_path_factory, rows):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["会员编号", "月份"], *rows])
    path = tmp_path_factory.mktemp("csv") / "any.csv"
    path.write_text("\ufeff" + text.getvalue(), encoding="utf-8", newline="")
    with open_sheets(path) as (sheet,):
        read = [list(row) for chunk in sheet.chunks for row in chunk.rows]
    assert read[1:] == rows
