"""The target column and its bad value: given, inferred with an explanation, or refused."""

import pyarrow as pa
import pytest

from model.errors import TrainingError
from training.samples.table import find_target


def table(values):
    return pa.table({"status": values, "age": list(range(len(values)))})


@pytest.mark.parametrize(
    ("values", "bad", "how"),
    [
        (["0", "1", "1"], "1", "by its name"),
        ([0, 1, 1], "1", "by its name"),
        (["0.0", "1.0", "1.0"], "1.0", "by its name"),
        ([False, True, True], "true", "by its name"),
        (["good", "bad", "bad"], "bad", "by its name"),
        (["No", "Yes", "Yes"], "Yes", "by its name"),
        (["正常", "违约", "违约"], "违约", "by its name"),
        (["1", "2", "1"], "2", "the rarer value at 33.3%"),
        (["paid", "late", "paid", " late "], "late", "the rarer value at 50.0%"),
    ],
)
def test_the_bad_value_is_inferred_and_explained(values, bad, how):
    found = find_target(table(values), "status", None)
    assert found.bad_value == bad
    assert how in found.explanation


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
