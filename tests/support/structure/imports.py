"""The import graph of the product: files, rooms and the circles between them.

A room is a package folder at any depth. Every import statement counts, also inside a function or
for type checkers only, because a reader of the file meets all of them.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import grimp

#: Importer → imported → number of imports between their files.
Edges = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Circle:
    """Nodes that all reach one another.

    Attributes
    ----------
    level : str
        What the nodes are: ``packages``, ``in ROOM`` (the children of a room) or ``files``.
    edges : Edges
        The imports between the nodes.
    """

    level: str
    edges: Edges


@dataclass(frozen=True)
class Product:
    """The packages under `root` that make up the product.

    Attributes
    ----------
    root : Path
        A folder on the module search path.
    type_checking : bool
        Whether imports for type checkers only count.
    """

    root: Path
    packages: tuple[str, ...]
    type_checking: bool = True

    @classmethod
    def of(cls, root: Path) -> Product:
        """Return the root packages that ``pyproject.toml`` names for import-linter."""
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        return cls(root, tuple(project["tool"]["importlinter"]["root_packages"]))

    @cached_property
    def files(self) -> Mapping[str, Path]:
        """Every file by its module name."""
        paths = (path for each in self.packages for path in (self.root / each).rglob("*.py"))
        return {self._module_name(path): path for path in sorted(paths)}

    @cached_property
    def rooms(self) -> frozenset[str]:
        """Every package, at any depth."""
        return frozenset(name for name, path in self.files.items() if path.stem == "__init__")

    @cached_property
    def imports(self) -> frozenset[tuple[str, str]]:
        """Every pair of files in which the first imports the second."""
        graph = grimp.build_graph(
            *self.packages, cache_dir=None, exclude_type_checking_imports=not self.type_checking
        )
        return frozenset(
            (importer, imported)
            for importer in graph.modules
            for imported in graph.find_modules_directly_imported_by(importer)
        )

    def room_of(self, module: str) -> str:
        """Return the innermost room of a file; an ``__init__`` belongs to its own room."""
        return module if module in self.rooms else module.rpartition(".")[0]

    def children(self, room: str) -> Edges:
        """Return the graph of the direct children of `room`: sub-packages and files."""
        depth = room.count(".") + 2
        within = [
            pair for pair in self.imports if all(f"{m}.".startswith(f"{room}.") for m in pair)
        ]
        return group_imports(within, lambda module: ".".join(module.split(".")[:depth]))

    def imported_once(self) -> list[str]:
        """Return the files that exactly one other file imports, without ``__init__`` files."""
        importers = Counter(imported for _, imported in self.imports)
        return sorted(name for name in self.files.keys() - self.rooms if importers[name] == 1)

    def circles(self) -> list[Circle]:
        """Return the circles of every level, the widest level first."""
        levels = {"packages": group_imports(self.imports, lambda module: module.split(".")[0])}
        levels |= {f"in {room}": self.children(room) for room in sorted(self.rooms)}
        levels["files"] = group_imports(self.imports, str)
        return [
            Circle(level, _edges_among(nodes, edges))
            for level, edges in levels.items()
            for nodes in components(edges)
        ]

    def _module_name(self, path: Path) -> str:
        parts = path.relative_to(self.root).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def group_imports(imports: Iterable[tuple[str, str]], node_of: Callable[[str], str]) -> Edges:
    """Return the graph of the nodes that the files belong to, without imports inside a node."""
    edges: dict[str, dict[str, int]] = {}
    for pair in sorted(imports):
        importer, imported = map(node_of, pair)
        if importer != imported:
            counts = edges.setdefault(importer, {})
            counts[imported] = counts.get(imported, 0) + 1
    return edges


def components(edges: Edges) -> Iterator[frozenset[str]]:
    """Yield the strongly connected components of more than one node, sorted by first name."""
    reachable = {node: _reachable(node, edges) for node in edges}
    seen: set[str] = set()
    for node in sorted(edges):
        if node in reachable[node] and node not in seen:
            nodes = frozenset(n for n in reachable[node] if node in reachable.get(n, ()))
            seen |= nodes
            yield nodes


def _reachable(start: str, edges: Edges) -> set[str]:
    found: set[str] = set()
    pending = [start]
    while pending:
        new = set(edges.get(pending.pop(), ())) - found
        found |= new
        pending += new
    return found


def _edges_among(nodes: frozenset[str], edges: Edges) -> Edges:
    return {
        node: {other: count for other, count in edges[node].items() if other in nodes}
        for node in sorted(nodes)
    }
