"""Lengths of files and functions, in lines."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Sizes:
    """Lengths in lines, of files or of functions.

    Attributes
    ----------
    largest : tuple of (str, int)
        The longest five with their names, the longest first.
    """

    count: int
    lines: int
    median: int
    nine_in_ten: int
    most: int
    largest: tuple[tuple[str, int], ...]


def sizes_of(lengths: Mapping[str, int]) -> Sizes:
    """Summarise `lengths`, lines by name."""
    values = np.array(list(lengths.values()) or [0])
    median, nine_in_ten = np.percentile(values, [50, 90], method="nearest").tolist()
    order = sorted(lengths.items(), key=lambda each: (-each[1], each[0]))
    return Sizes(
        len(values), int(values.sum()), median, nine_in_ten, int(values.max()), tuple(order[:5])
    )


def lengths_of_files(files: Mapping[str, Path]) -> dict[str, int]:
    """Return the lines of each file, blank lines and comments included."""
    return {
        name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in files.items()
    }


def lengths_of_functions(files: Mapping[str, Path]) -> dict[str, int]:
    """Return the lines of each ``def`` from its first to its last, docstring included."""
    return {
        f"{name}.{within} (line {node.lineno})": (node.end_lineno or node.lineno) - node.lineno + 1
        for name, path in files.items()
        for within, node in _functions(ast.parse(path.read_text(encoding="utf-8")), "")
    }


def _functions(
    tree: ast.AST, prefix: str
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.iter_child_nodes(tree):
        inner = prefix
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{prefix}{node.name}."
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name, node
        yield from _functions(node, inner)
