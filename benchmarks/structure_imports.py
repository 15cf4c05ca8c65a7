"""Who imports whom in this repository: files, rooms, and the circles between them.

A room is a package folder at any depth. Every import statement counts, those within functions and
those for type checkers alone too, because whoever changes a file meets all of them.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import grimp

#: Who imports → whom → how many imports of one file by another stand behind it.
Edges = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Circle:
    """Nodes that all reach one another.

    Attributes
    ----------
    level : str
        What the nodes are: ``packages``, ``in`` a room (its children), ``rooms`` or ``files``.
    edges : Edges
        All that lead from one of the nodes to another.
    """

    level: str
    edges: Edges


@dataclass(frozen=True)
class Product:
    """The packages under `root` that make up the product.

    Attributes
    ----------
    root : Path
        On the path of modules, so that the packages can be found.
    type_checking : bool
        Whether imports for type checkers alone count.
    """

    root: Path
    packages: tuple[str, ...]
    type_checking: bool = True

    @classmethod
    def of(cls, root: Path) -> Product:
        """Return the packages whose layers ``pyproject.toml`` holds."""
        told = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        return cls(root, tuple(told["tool"]["importlinter"]["root_packages"]))

    @cached_property
    def files(self) -> Mapping[str, Path]:
        """Every file by the name of its module."""
        found = (path for each in self.packages for path in (self.root / each).rglob("*.py"))
        return {self._module(path): path for path in sorted(found)}

    @cached_property
    def rooms(self) -> frozenset[str]:
        """Every package, at any depth."""
        return frozenset(name for name, path in self.files.items() if path.stem == "__init__")

    @cached_property
    def imports(self) -> frozenset[tuple[str, str]]:
        """Every pair of files of which the first imports the second."""
        graph = grimp.build_graph(
            *self.packages, cache_dir=None, exclude_type_checking_imports=not self.type_checking
        )
        return frozenset(
            (importer, imported)
            for importer in graph.modules
            for imported in graph.find_modules_directly_imported_by(importer)
        )

    def room_of(self, module: str) -> str:
        """Return the innermost room of a file; of an ``__init__`` it is its own."""
        return module if module in self.rooms else module.rpartition(".")[0]

    def children(self, room: str) -> Edges:
        """Return the graph of the direct children of `room`: sub-packages and files."""
        depth = room.count(".") + 2
        within = [
            pair for pair in self.imports if all(f"{m}.".startswith(f"{room}.") for m in pair)
        ]
        return joined(within, lambda module: ".".join(module.split(".")[:depth]))

    def imported_once(self) -> list[str]:
        """Return the files that exactly one other imports; no ``__init__`` is among them."""
        importers = Counter(imported for _, imported in self.imports)
        return sorted(name for name in self.files.keys() - self.rooms if importers[name] == 1)

    def circles(self) -> list[Circle]:
        """Return the circles of every level, the widest level first."""
        found = [*self._circles("packages", joined(self.imports, lambda m: m.split(".")[0]))]
        for room in sorted(self.rooms):
            found += self._circles(f"in {room}", self.children(room))
        found += self._circles("rooms", joined(self.imports, self.room_of))
        return found + self._circles("files", joined(self.imports, str))

    def _circles(self, level: str, edges: Edges) -> list[Circle]:
        return [Circle(level, _among(nodes, edges)) for nodes in components(edges)]

    def _module(self, path: Path) -> str:
        parts = path.relative_to(self.root).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def joined(imports: Iterable[tuple[str, str]], node_of: Callable[[str], str]) -> Edges:
    """Return the graph of the nodes that files belong to; what stays within one is left out."""
    found: dict[str, dict[str, int]] = {}
    for pair in sorted(imports):
        importer, imported = map(node_of, pair)
        if importer != imported:
            counts = found.setdefault(importer, {})
            counts[imported] = counts.get(imported, 0) + 1
    return found


def components(edges: Edges) -> Iterator[frozenset[str]]:
    """Yield the strongly connected components of more than one node, by their first name."""
    reached = {node: _reached(node, edges) for node in edges}
    seen: set[str] = set()
    for node in sorted(edges):
        if node in reached[node] and node not in seen:
            nodes = frozenset(n for n in reached[node] if node in reached.get(n, ()))
            seen |= nodes
            yield nodes


def _reached(start: str, edges: Edges) -> set[str]:
    found: set[str] = set()
    left = [start]
    while left:
        new = set(edges.get(left.pop(), ())) - found
        found |= new
        left += new
    return found


def _among(nodes: frozenset[str], edges: Edges) -> Edges:
    return {
        node: {other: count for other, count in edges[node].items() if other in nodes}
        for node in sorted(nodes)
    }
