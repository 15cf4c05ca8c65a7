"""A column parsed at once gives the values and flaws that the parser of one cell gives."""

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data.importing.cells.cell import Field, Flaw
from data.importing.cells.columns import FLAW_CODES, parse_column
from data.importing.cells.parsers import parse_cell
from model.archive.tables import RECORDED_AT_COLUMN, Column, archive_tables

FACTORS = [Decimal(text) for text in ("1", "10000", "15", "0.5", "0.01")]


def one_column_of_each_declaration():
    seen = {}
    for table in archive_tables().values():
        for column in table.columns.values():
            seen[column.kind, column.places, column.optional] = column
    return [*seen.values(), RECORDED_AT_COLUMN]


digits = st.text("0123456789", min_size=1, max_size=20)
typed = st.one_of(
    st.text(max_size=12),
    st.text("0123456789.,-+eE/年月日SAG: %元万亩斤", max_size=20),
    digits,
    st.decimals(-10, 10**9, places=3).map(str),
    st.dates().map(str),
    st.datetimes().map(str),
    st.dates().map(lambda day: f"{day:%Y-%m}"),
    st.dates().map(lambda day: f"{day.year}年{day.month}月{day.day}日"),
    st.builds(lambda y, s: f"{y}-{s}", st.integers(1800, 2200), st.sampled_from("SAGX")),
    st.sampled_from(
        ["", " ", "是", "男", "女", "小麦", "NA", "null", "2023-02-30", "1.5E+17", "1900-S"]
    ),
    st.builds(lambda n: f"1{n:010d}", st.integers(0, 10**10 - 1)),
    st.sampled_from(
        [
            "１２３", "１,２３４.５", "1,234", "1，234", " 12 ", "'12", '"12"', '="0012"', "-",
            "\u3000", "无", "暂无", "未知", "NULL", "N/A", "#N/A", "1.0", "12.50元", "1e3",
            "2023年5月1日 8时3分", "20230501", "2023/5/1 0:00", "2023-05-01T08:00:00Z", "45047",
            "1970-01-01 00:00:00", "1900/1/1", "2023年05月", "２０２３－０５－０１", "2023-5-1",
            "2023.1", "23-5-1", "2023-05-01 08:00:00\n",
        ]
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    "column", one_column_of_each_declaration(), ids=lambda c: f"{c.kind}-{c.places}-{c.optional}"
)
@settings(deadline=None)
@given(cells=st.lists(typed, max_size=12), factor=st.sampled_from(FACTORS))
@example(cells=["2023-05-01", "2023-02-29", "2023-05-01 00:00:60"], factor=Decimal(1))
@example(cells=["0.005", "0.015", "0.00000049", "1,234.565", "01", "1,23"], factor=Decimal(1))
@example(cells=["2023/5/1 10:20:30", "2023年05月1日", "20231301"], factor=Decimal(1))
@example(cells=["99999999", "100000000", "100000000.00", "5000.00", "0.01"], factor=Decimal(1))
def test_a_column_equals_its_cells(column: Column, cells, factor):
    field = Field(column, factor)
    together = parse_column(pa.array(cells, pa.string()), field)
    apart = [parse_cell(cell, field) for cell in cells]
    assert together.values.to_pylist() == [None if isinstance(v, Flaw) else v for v in apart]
    assert [FLAW_CODES[n] for n in together.flaws] == [
        v.code if isinstance(v, Flaw) else "" for v in apart
    ]
