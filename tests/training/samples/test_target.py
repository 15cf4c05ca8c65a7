"""The target column and its bad value: given, inferred with an explanation, or refused."""

import pyarrow as pa
import pytest

from model.errors import TrainingError
from training.samples.target import find_target


def table(values):
    return pa.table({"status": values, "age": list(range(len(values)))})


@pytest.mark.parametrize(
    ("values", "bad", "how"),
    [
        (["0", "1", "0"], "1", "by its name"),
        ([0, 1, 0], "1", "by its name"),
        (["0.0", "1.0"], "1.0", "by its name"),
        ([False, True, False], "true", "by its name"),
        (["good", "bad", "bad"], "bad", "by its name"),
        (["正常", "违约", "违约"], "违约", "by its name"),
        (["未违约", "已违约", "已违约"], "已违约", "by its name"),
        (["paid", "late", "paid", " late "], "late", "by its name"),
        (["Fully Paid", "Charged Off"], "Charged Off", "by its name"),
        (["Not overdue", "Overdue", "Overdue"], "Overdue", "by its name"),
        (["1", "2", "1"], "2", "the rarer value at 33.3%"),
    ],
)
def test_the_bad_value_is_inferred_and_explained(values, bad, how):
    found = find_target(table(values), "status", None)
    assert found.bad_value == bad
    assert how in found.explanation


@pytest.mark.parametrize("name", ["是否违约", "has_defaulted", "isBad", "bad_flag"])
@pytest.mark.parametrize("values", [["Yes", "No", "No"], ["Y", "N", "N"], ["是", "否", "否"]])
def test_yes_is_bad_where_the_name_of_the_column_asks_for_bads(name, values):
    found = find_target(pa.table({name: values}), name, None)
    assert found.bad_value == values[0]


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("status", ["0", "1", "1"], "'0' .33.3%. and '1' .66.7%.*1 would be bad by its name"),
        ("status", [False, True, True], "true would be bad"),
        ("status", ["N", "Y", "N"], "does not say what Y answers"),
        ("是否违约", ["否", "是", "是"], "是 would be bad"),
        ("是否还清", ["否", "是", "否"], "the column's name means good"),
        ("is_good", ["0", "1", "0"], "the column's name means good"),
        ("未逾期", ["0", "1", "0"], "the column's name means good"),
        ("status", ["paid", "x", "x"], "a value's name means good"),
        ("status", ["Current", "Fully Paid", "Current"], "a value's name means good"),
        ("status", ["结清", "其他", "其他"], "a value's name means good"),
        ("status", ["a", "b"], "both are equally frequent"),
    ],
)
def test_a_bad_value_that_the_evidence_leaves_open_is_asked_for(name, values, why):
    with pytest.raises(TrainingError, match=f"{why}.*state it with --bad VALUE"):
        find_target(pa.table({name: values}), name, None)
    assert find_target(pa.table({name: values}), name, str(values[0]).lower()
                       if isinstance(values[0], bool) else values[0]).bad.sum() >= 1  # fmt: skip


@pytest.mark.parametrize("spelling", ["NA", "n/a", "NaN", "null", "None", "?", "-", "#N/A"])
def test_a_spelling_of_no_value_is_a_missing_target(spelling):
    found = find_target(table(["0", "1", "0", spelling]), "status", None)
    assert found.known.tolist() == [True, True, True, False]
    assert found.bad.tolist() == [False, True, False]


def test_none_beside_one_other_value_is_a_value():
    found = find_target(table(["none", "default", "none"]), "status", None)
    assert (found.bad_value, found.known.all()) == ("default", True)


def test_a_target_of_id_numbers_is_refused_without_showing_one():
    numbers = [f"37152519{year}0101001{check}" for year in range(50, 99) for check in "0X"]
    with pytest.raises(TrainingError, match=r"has 98 different values \(id numbers\)"):
        find_target(table(numbers), "status", None)


def test_a_given_bad_value_is_used():
    found = find_target(table(["0", "1", "1", None, " "]), "status", "0")
    assert found.bad.tolist() == [True, False, False]
    assert found.known.tolist() == [True, True, True, False, False]
    assert "as stated" in found.explanation


@pytest.mark.parametrize(
    ("values", "target", "given", "why"),
    [
        (["0", "1"], "Status", None, "no column 'Status'; close to it: status"),
        (["0", "1"], "zzzz", None, "no column 'zzzz'$"),
        (["1", "1"], "status", None, "one class only: every row is '1'"),
        (["0", "1", "2"], "status", None, "has 3 different values"),
        ([None, None], "status", None, "all are blank"),
        (["0", "1"], "status", "bad", "never has the value 'bad'; its values are '0' and '1'"),
    ],
)
def test_an_unusable_target_is_refused_with_the_reason(values, target, given, why):
    with pytest.raises(TrainingError, match=why):
        find_target(table(pa.array(values, pa.string())), target, given)
