"""Rows checked together equal rows checked one by one, and no row is lost."""

import csv
from datetime import datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.importing.files.sheets import Chunk
from data.importing.headings.frame import frame_rows
from data.importing.headings.heading import Heading, find_heading
from data.importing.headings.spellings import export_headers
from data.importing.reasons import Problem, explain, read_problem
from data.importing.rows.checks import NUMBER, PROBLEMS, check_frame
from data.importing.settling.staging import stage_file
from model.archive.id_numbers import check_digit
from model.archive.tables import archive_tables
from tests.support.single_row import check_row

TABLES = archive_tables()
MOMENT = datetime.fromisoformat("2023-10-01T12:00:00")
MEMBER = {
    "member_id": "M001", "id_number": "999901198001010014", "name": "张三", "phone": "13800001111",
    "gender": "男", "birth_date": "1980-01-01", "village_code": "371522100201",
    "household_id": "H001", "household_size": "4", "labourers": "2", "education": "初中",
    "occupation": "种植", "operating_since": "2010-01-01", "resident_since": "2001-01-01",
    "joined_on": "2020-05-06", "consent_given_on": "2020-05-06", "consent_withdrawn_on": "",
    "recorded_at": "2020-05-06 10:20:30",
}  # fmt: skip
MEMBER["id_number"] = MEMBER["id_number"][:17] + check_digit(MEMBER["id_number"][:17])


def check_together(table, rows):
    """Return the result of the frame check for each row: its values or its problems."""
    names = list(TABLES[table].columns)
    heading = find_heading([list(export_headers(TABLES[table]).values())])
    assert isinstance(heading, Heading)
    cells = [[row.get(name, "") for name in names] for row in rows]
    frame = frame_rows(Chunk(range(2, len(rows) + 2), cells), heading, is_ragged=False)
    checked = check_frame(frame, heading, MOMENT, {})
    found = {row[NUMBER]: {name: row[name] for name in names} for row in checked.good.to_pylist()}
    for row in checked.bad.to_pylist():
        found[row[NUMBER]] = tuple(read_problem(text) for text in row[PROBLEMS])
    return [found[number] for number in frame.numbers.tolist()]


def problems(**changes):
    (found,) = check_together("members", [MEMBER | changes])
    assert found == check_row(TABLES["members"], MEMBER | changes, MOMENT)
    return found


def test_a_sound_row_is_stored_typed():
    (found,) = check_together("members", [MEMBER])
    assert found["gender"] == "male"
    assert found["labourers"] == 2
    assert found["consent_withdrawn_on"] is None
    assert found["recorded_at"].isoformat() == "2020-05-06T10:20:30"


def test_a_row_that_states_no_recording_time_gets_the_imports():
    (found,) = check_together("members", [MEMBER | {"recorded_at": ""}])
    assert found["recorded_at"] == MOMENT


def test_every_problem_of_a_row_is_reported_not_only_the_first():
    found = problems(phone="123", gender="?", joined_on="", labourers="-1")
    assert found == (
        Problem("NOT_A_PHONE", ("phone",)),
        Problem("UNKNOWN_CHOICE", ("gender",)),
        Problem("NEGATIVE_NUMBER", ("labourers",)),
        Problem("MISSING_VALUE", ("joined_on",)),
    )


@pytest.mark.parametrize(
    ("changes", "code", "columns"),
    [
        ({"birth_date": "1980-01-02"}, "ID_BIRTH_DATE_DIFFERS", ("id_number", "birth_date")),
        ({"gender": "女"}, "ID_SEX_DIFFERS", ("id_number", "gender")),
        ({"consent_given_on": "1979-01-01"}, "BEFORE_BIRTH", ("consent_given_on", "birth_date")),
        ({"resident_since": "1900-01-01"}, "NULL_DATE", ("resident_since",)),
        ({"labourers": "5"}, "EXCEEDS_OTHER", ("labourers", "household_size")),
        ({"joined_on": "2020-05-07"}, "FUTURE_DATE", ("joined_on",)),
        ({"recorded_at": "2023-10-02"}, "FUTURE_DATE", ("recorded_at",)),
    ],
)
def test_cells_that_contradict_each_other_are_reported(changes, code, columns):
    assert problems(**changes) == (Problem(code, columns),)


def test_a_month_that_has_not_begun_when_it_is_recorded_lies_in_the_future():
    row = dict.fromkeys(TABLES["parcels"].columns, "0") | {"member_id": "M001"}
    begun = row | {"month": "2023-05", "recorded_at": "2023-05-01"}
    ahead = row | {"month": "2023-06", "recorded_at": "2023-05-31"}
    sound, early = check_together("parcels", [begun, ahead])
    assert isinstance(sound, dict)
    assert early == (Problem("FUTURE_DATE", ("month",)),)


def test_a_lease_may_end_in_the_future():
    row = {
        "member_id": "M001", "season": "2023-S", "crop": "小麦", "area_mu": "3", "tenure": "租赁",
        "lease_end": "2030-01-01", "recorded_at": "2022-11-01",
    }  # fmt: skip
    (found,) = check_together("plots", [row])
    assert isinstance(found, dict)


dirt = st.one_of(
    st.sampled_from(["", "-", "?", "0", "-1", "1", "是", "男", "小麦", "2023-02-30", "2023-05-01",
                     "2031-01-01", "M001", "1.5", "1e9", "2023-A", "#N/A", "张三", "自有", "邮乐网",
                     "9" * 18, "3.7E+17", "同意", "等额本息", "培训", "法院"]),
    st.text(max_size=6),
    st.integers(0, 500).map(str),
    st.dates().map(str),
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(data=st.data())
@pytest.mark.parametrize("table", TABLES)
def test_rows_checked_together_equal_rows_checked_one_by_one(table, data):
    columns = list(TABLES[table].columns)
    filled = st.fixed_dictionaries(dict.fromkeys(columns, dirt))
    rows = [
        row | {columns[0]: f"0{n}"} for n, row in enumerate(data.draw(st.lists(filled, max_size=5)))
    ]
    assert check_together(table, rows) == [check_row(TABLES[table], row, MOMENT) for row in rows]


@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(
        st.lists(st.one_of(dirt, st.sampled_from(["合计", "注：无"])), max_size=9), max_size=12
    )
)
def test_every_row_of_a_file_is_good_or_bad_or_no_data(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("rows")
    header = list(export_headers(TABLES["parcels"]).values())
    with (folder / "any.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    (sheet,) = stage_file(folder / "any.csv", 0, folder, MOMENT).sheets
    good = pa.ipc.open_file(sheet.good).read_all()
    bad = pa.ipc.open_file(sheet.bad).read_all()
    assert good.num_rows + bad.num_rows == sheet.read
    assert sheet.read + sum(sheet.skipped.values()) == len(rows)
    assert all(bad[PROBLEMS].to_pylist())


def test_every_reason_can_be_explained_for_its_columns():
    for table in TABLES.values():
        for column in table.columns:
            for code in ("MISSING_VALUE", "OUT_OF_RANGE", "UNKNOWN_CHOICE"):
                text = explain(Problem(code, (column,)), table.columns)
                assert "{" not in text.zh + text.en
