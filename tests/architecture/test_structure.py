"""The measurement of the structure, on invented packages and on this repository."""

from __future__ import annotations

import ast
import runpy
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from tests.support.paths import ROOT
from tests.support.structure.figures import figures
from tests.support.structure.imports import Circle, Product, components, group_imports
from tests.support.structure.request import CallRecorder, RequestPath
from tests.support.structure.sizes import lengths_of_functions, sizes_of
from tests.support.structure.touched import TOUCHED

MakeProduct = Callable[[dict[str, str]], Product]


@pytest.fixture
def make_product(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeProduct:
    """A function from source by path to a product of the packages ``inn`` and ``yard``."""

    def write(source: dict[str, str]) -> Product:
        files = {"inn/__init__.py": "", "yard/__init__.py": "", **source}
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")
        return Product(tmp_path, ("inn", "yard"))

    monkeypatch.syspath_prepend(tmp_path)
    return write


def test_a_circle_of_files_is_found_and_named(make_product: MakeProduct) -> None:
    product = make_product(
        {
            "inn/door.py": "from inn.hall import walk",
            "inn/hall.py": "def walk():\n    from inn import door",
            "inn/roof.py": "from inn.door import open",
        }
    )
    edges = {"inn.door": {"inn.hall": 1}, "inn.hall": {"inn.door": 1}}
    assert product.circles() == [Circle("in inn", edges), Circle("files", edges)]


def test_a_circle_of_a_room_and_a_file_beside_it_is_found(make_product: MakeProduct) -> None:
    product = make_product(
        {
            "inn/cellar/__init__.py": "",
            "inn/cellar/wine.py": "from inn.price import sum",
            "inn/cellar/beer.py": "",
            "inn/price.py": "from inn.cellar.beer import pale",
        }
    )
    edges = {"inn.cellar": {"inn.price": 1}, "inn.price": {"inn.cellar": 1}}
    assert product.children("inn") == edges
    assert product.circles() == [Circle("in inn", edges)]


def test_a_circle_of_top_packages_is_found(make_product: MakeProduct) -> None:
    product = make_product(
        {"inn/a.py": "import yard.b", "yard/b.py": "", "yard/c.py": "import inn.d", "inn/d.py": ""}
    )
    assert product.circles()[0] == Circle("packages", {"inn": {"yard": 1}, "yard": {"inn": 1}})


def test_an_import_for_type_checkers_counts_unless_it_is_excluded(
    make_product: MakeProduct,
) -> None:
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from inn.hall import Hall"
    product = make_product({"inn/door.py": source, "inn/hall.py": "from inn.door import Door"})
    assert [circle.level for circle in product.circles()] == ["in inn", "files"]
    assert replace(product, type_checking=False).circles() == []


def test_two_circles_joined_in_one_direction_are_two() -> None:
    pairs = [("a", "b"), ("b", "a"), ("b", "c"), ("c", "d"), ("d", "c"), ("e", "a")]
    assert list(components(group_imports(pairs, str))) == [{"a", "b"}, {"c", "d"}]


def test_a_file_with_one_importer_is_counted(make_product: MakeProduct) -> None:
    product = make_product(
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


def test_the_length_of_a_function_is_from_its_def_to_its_end(tmp_path: Path) -> None:
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
    sizes = sizes_of(lengths)
    assert (sizes.count, sizes.lines, sizes.median, sizes.most) == (3, 6, 2, 3)
    assert sizes.largest[0] == ("made.A.f (line 2)", 3)


def test_calls_are_recorded_on_every_thread_and_counted_by_file_and_name(tmp_path: Path) -> None:
    inner, outer = tmp_path / "inner.py", tmp_path / "outer.py"
    inner.write_text("class A:\n    def f(self): pass\ndef f(a): A().f()\n", encoding="utf-8")
    outer.write_text("def f(g): g(1); g(2)\ndef once(g): f(g)\n", encoding="utf-8")
    inside, outside = (runpy.run_path(str(path)) for path in (inner, outer))
    recorder = CallRecorder({str(inner), str(outer)})
    with recorder.installed():
        recorder.on = True
        thread = Thread(target=outside["once"], args=(inside["f"],))
        thread.start()
        thread.join()
        recorder.on = False
        outside["once"](inside["f"])
    names = [code.co_qualname for code in recorder.calls]
    assert names == ["once", "f", "f", "A.f", "f", "A.f"]
    assert RequestPath.of(recorder.calls) == RequestPath(files=2, functions=3, named=4, moves=1)


def test_every_package_of_the_repository_is_read() -> None:
    product = Product.of(ROOT)
    found = figures(product)
    assert set(product.packages) <= found["rooms"].keys()
    for package in product.packages:
        assert {path.suffix for path in (ROOT / package).iterdir()} >= {".py"}
        files = [name for name in product.files if name.startswith(f"{package}.")]
        assert len(files) > 1
    assert sum(room["files"] for room in found["rooms"].values()) == found["files"]["count"]
    importers = {importer.split(".")[0] for importer, _ in product.imports}
    assert importers == set(product.packages)


def test_no_children_of_a_room_and_no_files_import_each_other_in_a_circle() -> None:
    assert Product.of(ROOT).circles() == []


@pytest.mark.parametrize("kind", TOUCHED)
def test_every_file_that_a_change_touches_exists(kind: str) -> None:
    assert [path for path in TOUCHED[kind] if not (ROOT / path).is_file()] == []


def test_no_file_of_the_tests_imports_a_benchmark() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for name in _imported_names(ast.parse(path.read_text(encoding="utf-8")))
        if name.partition(".")[0] == "benchmarks"
    ]
    assert found == []


def _imported_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""
