"""All figures on the structure of the product, as plain JSON values and as a table."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tests.support.structure.imports import Product, group_imports
from tests.support.structure.request import trace_decision
from tests.support.structure.sizes import lengths_of_files, lengths_of_functions, sizes_of
from tests.support.structure.touched import TOUCHED

Figures = dict[str, Any]
#: Level of circles → its name in the table.
_LEVELS = {
    "packages": "between top packages",
    "in": "between children of one room",
    "files": "between files",
}


def figures(product: Product) -> Figures:
    """Return what the source of `product` shows."""
    lengths, single = lengths_of_files(product.files), product.imported_once()
    return {
        "files": asdict(sizes_of(lengths)),
        "functions": asdict(sizes_of(lengths_of_functions(product.files))),
        "rooms": {room: _room(product, room, lengths) for room in sorted(product.rooms)},
        "circles": [asdict(circle) for circle in product.circles()],
        "circles by level": _count_levels(product),
        "circles at run time": _count_levels(replace(product, type_checking=False)),
        "files with one importer": single,
        "share with one importer": len(single) / max(1, len(product.files) - len(product.rooms)),
        "touched": {kind: dict(files) for kind, files in TOUCHED.items()},
    }


def decision_figures(product: Product) -> Figures:
    """Return what one approved decision runs through."""
    files = {str(path) for path in product.files.values()}
    with tempfile.TemporaryDirectory(prefix="rongzi-bench-") as folder:
        return asdict(trace_decision(Path(folder), files))


def table(found: Figures) -> Iterator[str]:
    """Yield the lines of a table of the figures, those of a decision under ``decision``."""
    yield from _counts(found)
    yield from _sizes(found)
    yield f"\n{'room':30} {'files':>5} {'lines':>6} {'imports rooms':>14} {'imported by':>12}"
    for name, room in found["rooms"].items():
        imports, importers = len(room["imports rooms"]), len(room["imported by rooms"])
        yield f"{name:30} {room['files']:5} {room['lines']:6,} {imports:14} {importers:12}"
    yield "\ncircles"
    for circle in found["circles"]:
        yield f"  {circle['level']}: {len(circle['edges'])} nodes"
        for node, to in circle["edges"].items():
            yield f"    {node} → " + ", ".join(f"{other} ({count})" for other, count in to.items())
    yield "\nfiles to touch for a new …"
    for kind, files in found["touched"].items():
        yield f"  {kind:18} {len(files)}: {', '.join(files)}"


def _room(product: Product, room: str, lengths: dict[str, int]) -> Figures:
    own = [name for name in product.files if product.room_of(name) == room]
    between = group_imports(product.imports, product.room_of)
    return {
        "files": len(own),
        "lines": sum(lengths[name] for name in own),
        "imports rooms": sorted(between.get(room, ())),
        "imported by rooms": sorted(other for other, to in between.items() if room in to),
        "children": product.children(room),
    }


def _count_levels(product: Product) -> dict[str, int]:
    return dict(Counter(circle.level.split(" ")[0] for circle in product.circles()))


def _counts(found: Figures) -> Iterator[str]:
    for level, label in _LEVELS.items():
        count, at_run_time = (
            found[each].get(level, 0) for each in ("circles by level", "circles at run time")
        )
        yield f"circles {label:52} {count:6}  ({at_run_time} at run time)"
    decision = found["decision"]
    yield f"{'files that an approved POST /v1/decisions runs through':60} {decision['files']:6}"
    yield f"{'functions, by file and name':60} {decision['functions']:6}"
    yield f"{'functions, every def separately':60} {decision['named']:6}"
    yield f"{'moves between files':60} {decision['moves']:6}"
    single, share = len(found["files with one importer"]), found["share with one importer"]
    yield f"{'files with exactly one importer':60} {single:6}  ({share:.1%})"
    yield f"{'rooms':60} {len(found['rooms']):6}"


def _sizes(found: Figures) -> Iterator[str]:
    yield f"\n{'lines':10} {'count':>6} {'all':>7} {'median':>7} {'90 %':>5} {'most':>5}"
    for kind in ("files", "functions"):
        sizes = found[kind]
        yield (
            f"{kind:10} {sizes['count']:6,} {sizes['lines']:7,} {sizes['median']:7}"
            f" {sizes['nine_in_ten']:5} {sizes['most']:5}"
        )
    for kind in ("files", "functions"):
        yield f"largest {kind}: " + ", ".join(f"{n} {lines}" for n, lines in found[kind]["largest"])
