"""What is ordinary is accepted: a word is kept, a wrong optional value costs the value only."""

import pyarrow.parquet as pq
import pytest

from data.importing.cells.cell import Field
from data.importing.cells.parsers import parse_cell
from data.importing.cells.words import unlisted_word
from data.importing.reasons import REASONS, REMARKS
from model.archive.tables import OTHER, archive_tables
from tests.support.sending_branch import LATER, counts, id_number, member

TABLES = archive_tables()


def field(name):
    table, column = name.split(".")
    return Field(TABLES[table].columns[column])


def plot(crop, **changes):
    return {
        "member_id": "M001", "season": "2023-A", "crop": crop, "area_mu": "3", "tenure": "自有",
        "recorded_at": "2023-07-01", **changes,
    }  # fmt: skip


def loan(number, **changes):
    return {
        "loan_id": f"L{number}", "member_id": "M001", "applied_on": "2023-01-01",
        "decision": "同意", "amount": "20000", "months": "12", "repayment": "等额本息",
        "recorded_at": "2023-01-02", **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "raw", "key"),
    [
        ("members.education", "高中（中专）", "high"),
        ("members.education", "大专/本科", "college"),
        ("members.occupation", "种植业", "grower"),
        ("members.occupation", "养殖户", "livestock"),
        ("plots.crop", "小麦（冬小麦）", "wheat"),
    ],
)
def test_several_spellings_of_one_choice_spell_it(name, raw, key):
    assert parse_cell(raw, field(name)) == key
    assert unlisted_word(raw, field(name)) is None


@pytest.mark.parametrize("raw", ["小学/初中", "小麦、玉米"])
def test_words_of_two_choices_are_neither(raw):
    name = "members.education" if "学" in raw else "plots.crop"
    assert parse_cell(raw, field(name)) == OTHER
    assert unlisted_word(raw, field(name)) == raw


@pytest.mark.parametrize("raw", ["?", "12", "2023-05-01", "13800001111", "X13800001111", "张" * 65])
def test_what_is_no_word_is_not_kept(raw):
    assert unlisted_word(raw, field("plots.crop")) is None


def test_a_crop_outside_the_list_is_kept_with_its_word(known):
    rows = [plot("花生"), plot("大豆"), plot("小麦"), plot("其他"), plot("other", crop_word="地黄")]
    report = known.imported("p.csv", "plots", rows)
    assert counts(report) == (5, 5, 0, 0)
    assert known.rows("plots", "crop", "crop_word") == [
        ("other", "花生"), ("other", "大豆"), ("wheat", None), ("other", None), ("other", "地黄"),
    ]  # fmt: skip
    assert report.remarks == {"plots": {"crop": {"WORD_KEPT": 2}}}


def test_plots_of_two_unlisted_crops_are_two_rows_and_the_same_file_again_changes_nothing(known):
    path = known.file("p.csv", "plots", [plot("花生"), plot("大豆"), plot("其他")])
    known.send(path)
    again = known.send(path, moment=LATER)
    assert counts(again) == (3, 0, 0, 3)
    conflict = known.imported(
        "q.csv", "plots", [plot("花生", area_mu="4"), plot("其他", area_mu="4")]
    )
    assert conflict.reasons == {"CONFLICTING_ROW": 2}


def test_words_of_education_occupation_repayment_and_purpose_are_kept(known):
    known.imported("m.csv", "members", [member(7, education="文盲", occupation="养蜂")])
    stored = known.rows("members", "education", "education_word", "occupation", "occupation_word")
    assert stored[-1] == ("other", "文盲", "other", "养蜂")
    report = known.imported("l.csv", "loans", [loan(1, repayment="按年付息", purpose="婚嫁")])
    assert known.rows("loans", "repayment", "repayment_word", "purpose", "purpose_word") == [
        ("other", "按年付息", "other", "婚嫁")
    ]
    assert report.remarks == {"loans": {"repayment": {"WORD_KEPT": 1}, "purpose": {"WORD_KEPT": 1}}}


@pytest.mark.parametrize(
    ("column", "raw", "code"),
    [
        ("phone", "1380000", "NOT_A_PHONE"),
        ("phone", "8888888", "NOT_A_PHONE"),
        ("phone", "13900000008/13900000009", "NOT_A_PHONE"),
        ("phone", "1.39E+10", "ID_DIGITS_LOST"),
        ("gender", "未知", "UNKNOWN_CHOICE"),
        ("education", "未知", "UNKNOWN_CHOICE"),
        ("education", "?", "UNKNOWN_CHOICE"),
        ("household_size", "四", "NOT_A_NUMBER"),
        ("household_size", "0", "OUT_OF_RANGE"),
        ("labourers", "-1", "NEGATIVE_NUMBER"),
        ("labourers", "2.5", "NOT_A_WHOLE_NUMBER"),
    ],
)
def test_a_wrong_optional_value_costs_the_value_and_not_the_person(branch, column, raw, code):
    report = branch.imported("m.csv", "members", [member(1, **{column: raw})])
    assert counts(report) == (1, 1, 0, 0)
    assert report.remarks["members"][column][code] == 1
    assert branch.rows("members", column) == [("male",) if column == "gender" else (None,)]


@pytest.mark.parametrize(
    ("column", "raw", "code"),
    [
        ("phone", "138****1111", "MASKED_VALUE"),
        ("household_size", "=2+2", "FORMULA_WITHOUT_VALUE"),
        ("education", "#REF!", "FORMULA_ERROR"),
        ("education", "初\ufffd", "UNREADABLE_CHARACTER"),
        ("occupation", "", "MISSING_VALUE"),
        ("occupation", "?", "UNKNOWN_CHOICE"),
    ],
)
def test_a_damaged_cell_and_a_required_value_still_refuse_the_row(branch, column, raw, code):
    report = branch.imported("m.csv", "members", [member(1, **{column: raw})])
    assert report.reasons == {code: 1}
    assert report.remarks == {}


def test_a_refused_row_names_its_forgiven_values_too_and_leaves_no_remark(branch):
    report = branch.imported("m.csv", "members", [member(1, joined_on="", phone="1")])
    assert report.reasons == {"MISSING_VALUE": 1, "NOT_A_PHONE": 1}
    assert report.remarks == {}


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("0635-8888888", "0635-8888888"),
        ("（0635）8888888", "0635-8888888"),
        ("06358888888", "0635-8888888"),
        ("010-62345678", "010-62345678"),
        ("0635—8888888转801", "0635-8888888-801"),
    ],
)
def test_a_landline_is_a_phone(branch, raw, stored):
    report = branch.imported("m.csv", "members", [member(1, phone=raw)])
    assert branch.rows("members", "phone") == [(stored,)]
    assert report.remarks == {}


def test_birth_date_and_sex_are_read_from_the_id_number_where_they_are_blank(branch):
    rows = [member(1, birth_date="", gender=""), member(2, birth_date="")]
    report = branch.imported("m.csv", "members", rows)
    born = {str(day) for (day,) in branch.rows("members", "birth_date")}
    assert born == {"1980-01-01"}
    assert branch.rows("members", "gender") == [("male",), ("male",)]
    assert report.remarks == {
        "members": {"birth_date": {"FROM_ID_NUMBER": 2}, "gender": {"FROM_ID_NUMBER": 1}}
    }


def test_a_date_before_the_birth_in_the_id_number_is_found_though_the_birth_date_is_blank(branch):
    row = member(1, birth_date="", id_number=id_number(1, "20220101"))
    assert branch.imported("m.csv", "members", [row]).totals.quarantined == 1


def test_a_date_of_the_household_before_birth_costs_the_member_no_row(branch):
    row = member(1, operating_since="1975-01-01", resident_since="1979-12-31")
    report = branch.imported("m.csv", "members", [row])
    assert report.totals.quarantined == 0
    assert branch.rows("members", "operating_since") == [(None,)]
    assert {str(day) for (day,) in branch.rows("members", "resident_since")} == {"1980-01-01"}
    assert report.remarks == {
        "members": {
            "operating_since": {"BLANK_BEFORE_BIRTH": 1}, "resident_since": {"SINCE_BIRTH": 1},
        }
    }  # fmt: skip


def test_the_report_counts_remarks_by_table_column_and_code_over_files(branch):
    files = [
        branch.file("a.csv", "members", [member(1, phone="1"), member(2, education="文盲")]),
        branch.file("b.csv", "members", [member(3, phone="2"), member(4)]),
    ]
    found = branch.send(*files).as_json()
    assert found["remarks"] == {
        "members": {"phone": {"NOT_A_PHONE": 2}, "education": {"WORD_KEPT": 1}}
    }
    assert found["files"][1]["tables"][0]["remarks"] == {"phone": {"NOT_A_PHONE": 1}}
    assert found["totals"]["read"] == found["totals"]["accepted"] == 4


def test_every_remark_has_a_text():
    assert not REMARKS.keys() & REASONS.keys()
    for text in REMARKS.values():
        assert any("\u4e00" <= letter <= "\u9fff" for letter in text.zh)
        assert text.en.isascii()


def test_a_part_older_than_a_column_is_read_with_nulls_and_compared_by_content(known):
    path = known.file("p.csv", "plots", [plot("小麦")])
    known.send(path)
    (part,) = known.archive.parts("plots")
    pq.write_table(pq.read_table(part).drop_columns(["crop_word"]), part)
    assert known.rows("plots", "crop", "crop_word") == [("wheat", None)]
    assert counts(known.send(path, moment=LATER)) == (1, 0, 0, 1)
