"""The Python API for analysts: each public function has a docstring, and its examples run."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Iterator

import pytest

import training
from training.analyst import archive, classifier, fitted_card, gates

MODULES = (archive, classifier, fitted_card, gates)


def examples() -> Iterator[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    for module in MODULES:
        yield from (test for test in finder.find(module) if test.examples)


@pytest.mark.parametrize("test", [pytest.param(each, id=each.name) for each in examples()])
def test_the_examples_of_a_docstring_run(test: doctest.DocTest) -> None:
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    assert runner.run(test, out=told.append).failed == 0, "".join(told)


@pytest.mark.parametrize("name", training.__all__)
def test_each_name_of_the_python_api_has_a_docstring_with_an_example(name: str) -> None:
    text = inspect.getdoc(getattr(training, name))
    assert text is not None
    assert ">>> " in text


def test_the_api_names_what_it_has() -> None:
    assert set(training.__all__) <= set(dir(training))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        training.nothing  # noqa: B018
