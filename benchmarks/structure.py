"""How this product is built: rooms, circles, what a request passes, what a change touches, sizes.

    python -m benchmarks.structure [--json]

Run it in the root of the repository. Product is what is under the layers that ``pyproject.toml``
declares; tests and benchmarks are not. Nothing is read but source, and the request is made in a
temporary home.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from benchmarks.small_home import small_home
from benchmarks.structure_imports import Edges, Product, joined
from benchmarks.structure_request import passed_by_a_decision
from benchmarks.structure_sizes import lengths_of_files, lengths_of_functions, sizes_of
from benchmarks.structure_touched import TOUCHED

Figures = dict[str, Any]
#: Level of circles → how the table names it.
_LEVELS = {
    "packages": "between top packages",
    "in": "between children of one room",
    "rooms": "between rooms, a file in its innermost",
    "files": "between files",
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Everything, the graph of each room too.")
def main(as_json: bool) -> None:
    """Measure and print."""
    product = Product.of(Path.cwd())
    found = figures(product) | {"decision": _decision(product)}
    if as_json:
        print(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        print("\n".join(_table(found)))


def figures(product: Product) -> Figures:
    """Return all that is read from the source of `product`, as plain JSON values."""
    lengths, idempotency = lengths_of_files(product.files), product.imported_once()
    return {
        "files": asdict(sizes_of(lengths)),
        "functions": asdict(sizes_of(lengths_of_functions(product.files))),
        "rooms": {room: _room(product, room, lengths) for room in sorted(product.rooms)},
        "circles": [asdict(circle) for circle in product.circles()],
        "circles by level": _levels(product),
        "circles at run time": _levels(replace(product, type_checking=False)),
        "files with one importer": idempotency,
        "share with one importer": len(idempotency)
        / max(1, len(product.files) - len(product.rooms)),
        "touched": {kind: dict(files) for kind, files in TOUCHED.items()},
    }


def _room(product: Product, room: str, lengths: dict[str, int]) -> Figures:
    own = [name for name in product.files if product.room_of(name) == room]
    between = joined(product.imports, product.room_of)
    return {
        "files": len(own),
        "lines": sum(lengths[name] for name in own),
        "imports rooms": sorted(between.get(room, ())),
        "imported by rooms": sorted(other for other, to in between.items() if room in to),
        "children": product.children(room),
    }


def _levels(product: Product) -> dict[str, int]:
    found: dict[str, int] = {}
    for circle in product.circles():
        level = circle.level.split(" ")[0]
        found[level] = found.get(level, 0) + 1
    return found


def _decision(product: Product) -> dict[str, int]:
    files = {str(path) for path in product.files.values()}
    with tempfile.TemporaryDirectory(prefix="rongzi-bench-") as folder:
        return asdict(passed_by_a_decision(small_home(Path(folder)), Path(folder), files))


def _table(found: Figures) -> Iterator[str]:
    yield from _counts(found)
    yield from _sizes(found)
    yield f"\n{'room':30} {'files':>5} {'lines':>6} {'imports rooms':>14} {'imported by':>12}"
    for room, told in found["rooms"].items():
        to, by = len(told["imports rooms"]), len(told["imported by rooms"])
        yield f"{room:30} {told['files']:5} {told['lines']:6,} {to:14} {by:12}"
    yield "\ncircles"
    for circle in found["circles"]:
        yield from _circle(circle["level"], circle["edges"])
    yield "\nfiles to touch for a new …"
    for kind, files in found["touched"].items():
        yield f"  {kind:18} {len(files)}: {', '.join(files)}"


def _counts(found: Figures) -> Iterator[str]:
    for level, what in _LEVELS.items():
        counted, at_run_time = (
            found[each].get(level, 0) for each in ("circles by level", "circles at run time")
        )
        yield f"circles {what:52} {counted:6}  ({at_run_time} at run time)"
    passed = found["decision"]
    yield f"{'files that an approved POST /v1/decisions passes':60} {passed['files']:6}"
    yield f"{'functions, by file and name':60} {passed['functions']:6}"
    yield f"{'functions, every def by itself':60} {passed['named']:6}"
    yield f"{'moves between files':60} {passed['moves']:6}"
    single, share = len(found["files with one importer"]), found["share with one importer"]
    yield f"{'files with exactly one importer':60} {single:6}  ({share:.1%})"
    yield f"{'rooms':60} {len(found['rooms']):6}"


def _sizes(found: Figures) -> Iterator[str]:
    yield f"\n{'lines':10} {'count':>6} {'all':>7} {'median':>7} {'90 %':>5} {'most':>5}"
    for kind in ("files", "functions"):
        told = found[kind]
        yield (
            f"{kind:10} {told['count']:6,} {told['lines']:7,} {told['median']:7}"
            f" {told['nine_in_ten']:5} {told['most']:5}"
        )
    for kind in ("files", "functions"):
        yield f"largest {kind}: " + ", ".join(f"{n} {lines}" for n, lines in found[kind]["largest"])


def _circle(level: str, edges: Edges) -> Iterator[str]:
    yield f"  {level}: {len(edges)} nodes"
    for node, to in edges.items():
        yield f"    {node} → " + ", ".join(f"{other} ({count})" for other, count in to.items())


if __name__ == "__main__":
    main()
