"""The measurement of the structure, on invented packages and on this repository."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from benchmarks.structure import figures
from benchmarks.structure_imports import Circle, Product, components, joined
from benchmarks.structure_request import Calls, Passed
from benchmarks.structure_sizes import lengths_of_functions, sizes_of
from benchmarks.structure_touched import TOUCHED

ROOT = Path(__file__).parents[1]
Invent = Callable[[dict[str, str]], Product]


@pytest.fixture
def invent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invent:
    """A function of source by path: a product of the packages ``inn`` and ``yard``."""

    def made(source: dict[str, str]) -> Product:
        files = {"inn/__init__.py": "", "yard/__init__.py": "", **source}
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")
        return Product(tmp_path, ("inn", "yard"))

    monkeypatch.syspath_prepend(tmp_path)
    return made


def test_a_circle_of_files_is_found_and_named(invent: Invent) -> None:
    product = invent(
        {
            "inn/door.py": "from inn.hall import walk",
            "inn/hall.py": "def walk():\n    from inn import door",
            "inn/roof.py": "from inn.door import open",
        }
    )
    edges = {"inn.door": {"inn.hall": 1}, "inn.hall": {"inn.door": 1}}
    assert product.circles() == [Circle("in inn", edges), Circle("files", edges)]


def test_rooms_may_stand_in_a_circle_whose_files_do_not(invent: Invent) -> None:
    product = invent(
        {
            "inn/cellar/__init__.py": "",
            "inn/cellar/wine.py": "from inn.price import sum",
            "inn/cellar/beer.py": "",
            "inn/price.py": "",
            "inn/menu.py": "from inn.cellar.wine import red\nfrom inn.cellar.beer import pale",
        }
    )
    edges = {"inn": {"inn.cellar": 2}, "inn.cellar": {"inn": 1}}
    assert product.circles() == [Circle("rooms", edges)]
    assert product.children("inn") == {
        "inn.cellar": {"inn.price": 1},
        "inn.menu": {"inn.cellar": 2},
    }


def test_a_circle_of_top_packages_is_found(invent: Invent) -> None:
    product = invent({"inn/a.py": "import yard.b", "yard/b.py": "", "yard/c.py": "import inn.d",
                      "inn/d.py": ""})  # fmt: skip
    assert product.circles()[0] == Circle("packages", {"inn": {"yard": 1}, "yard": {"inn": 1}})


def test_an_import_for_type_checkers_counts_unless_it_is_asked_not_to(invent: Invent) -> None:
    told = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from inn.hall import Hall"
    product = invent({"inn/door.py": told, "inn/hall.py": "from inn.door import Door"})
    assert [circle.level for circle in product.circles()] == ["in inn", "files"]
    assert replace(product, type_checking=False).circles() == []


def test_two_circles_that_only_touch_one_way_are_two() -> None:
    pairs = [("a", "b"), ("b", "a"), ("b", "c"), ("c", "d"), ("d", "c"), ("e", "a")]
    assert list(components(joined(pairs, str))) == [{"a", "b"}, {"c", "d"}]


def test_a_file_with_one_importer_is_counted(invent: Invent) -> None:
    product = invent(
        {
            "inn/__init__.py": "from inn.hall import walk",
            "inn/hall.py": "from inn.stairs import up\nfrom inn.stairs import down",
            "inn/stairs.py": "",
            "yard/gate.py": "from inn.hall import walk",
            "yard/main.py": "from yard.gate import way",
        }
    )
    assert product.imported_once() == ["inn.stairs", "yard.gate"]
    assert figures(product)["share with one importer"] == 2 / 4


def test_a_function_is_as_long_as_from_its_def_to_its_end(tmp_path: Path) -> None:
    source = tmp_path / "made.py"
    source.write_text(
        "class A:\n    def f(self):\n        def g():\n            pass\n\ndef h(): 1\n"
    )
    lengths = lengths_of_functions({"made": source})
    assert lengths == {
        "made.A.f (line 2)": 3,
        "made.A.f.g (line 3)": 2,
        "made.h (line 6)": 1,
    }
    found = sizes_of(lengths)
    assert (found.count, found.lines, found.median, found.most) == (3, 6, 2, 3)
    assert found.largest[0] == ("made.A.f (line 2)", 3)


def test_calls_are_followed_on_every_thread_and_counted_by_file_and_name(tmp_path: Path) -> None:
    inner, outer = tmp_path / "inner.py", tmp_path / "outer.py"
    inner.write_text("class A:\n    def f(self): pass\ndef f(a): A().f()\n", encoding="utf-8")
    outer.write_text("def f(g): g(1); g(2)\ndef once(g): f(g)\n", encoding="utf-8")
    inside, outside = (runpy.run_path(str(path)) for path in (inner, outer))
    calls = Calls({str(inner), str(outer)})
    with calls.followed():
        calls.on = True
        thread = Thread(target=outside["once"], args=(inside["f"],))
        thread.start()
        thread.join()
        calls.on = False
        outside["once"](inside["f"])
    names = [code.co_qualname for code in calls.made]
    assert names == ["once", "f", "f", "A.f", "f", "A.f"]
    assert Passed.by(calls.made) == Passed(files=2, functions=3, named=4, moves=1)


def test_every_package_of_the_repository_is_read() -> None:
    product = Product.of(ROOT)
    found = figures(product)
    assert set(product.packages) <= found["rooms"].keys()
    for package in product.packages:
        assert {path.suffix for path in (ROOT / package).iterdir()} >= {".py"}
        assert found["rooms"][package]["files"] > 1
    assert sum(room["files"] for room in found["rooms"].values()) == found["files"]["count"]
    importers = {importer.split(".")[0] for importer, _ in product.imports}
    assert importers == set(product.packages)


@pytest.mark.parametrize("kind", TOUCHED)
def test_every_file_that_a_change_touches_is_there(kind: str) -> None:
    assert [path for path in TOUCHED[kind] if not (ROOT / path).is_file()] == []
