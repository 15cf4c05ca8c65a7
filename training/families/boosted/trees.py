"""Trees of at most two attributes as exact tables over bin codes.

A tree of depth two cuts by one or two attributes, so each leaf is a rectangle of bin codes, and an
ensemble is a sum of one- and two-dimensional tables (Lou et al. 2013, KDD, "GA2M"). The tables add
up exactly to the ensemble's raw score.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from model.card.bins import Bins, Floats
from training.families.boosted.spellings import Column

_Mask = NDArray[np.bool_]


@dataclass
class Tables:
    """Log odds bad:good by attribute or pair, summed over trees; `constant` applies to all rows."""

    sizes: Mapping[str, int]
    order: Mapping[str, int]
    constant: float
    by_attributes: dict[tuple[str, ...], Floats]

    @staticmethod
    def empty(bins: Mapping[str, Bins]) -> Tables:
        """Return tables without a tree."""
        sizes = {name: own.size for name, own in bins.items()}
        return Tables(sizes, {name: row for row, name in enumerate(bins)}, 0.0, {})

    def add(
        self, booster: lightgbm.Booster, columns: tuple[Column, ...], weight: float, rounds: int
    ) -> None:
        """Add the first `rounds` trees of `booster`, times `weight`."""
        for tree in booster.dump_model(num_iteration=rounds)["tree_info"]:
            self._add_tree(tree["tree_structure"], columns, weight)

    def _add_tree(self, root: dict[str, Any], columns: tuple[Column, ...], weight: float) -> None:
        middle = _middle(root)
        self.constant += weight * middle
        for value, sides in _leaves(root, columns, {}):
            leaf = value - middle
            names = tuple(sorted(sides, key=lambda name: self.order[name]))
            if not names:
                self.constant += weight * leaf
                continue
            table = self._table(names)
            masks = [sides[name].astype(np.float64) for name in names]
            table += weight * leaf * (masks[0] if len(masks) == 1 else np.outer(*masks))

    def _table(self, names: tuple[str, ...]) -> Floats:
        if names not in self.by_attributes:
            self.by_attributes[names] = np.zeros([self.sizes[name] for name in names])
        return self.by_attributes[names]


def _middle(root: dict[str, Any]) -> float:
    """Return a value between the leaves left and right of the root if one separates them, else 0.

    Leaves go to different tables when the tree's branches cut by different attributes. Measured
    from this value, each table keeps the direction that the tree has along the root.
    """
    if "split_feature" not in root:
        return 0.0
    left, right = (list(_leaf_values(root[side])) for side in ("left_child", "right_child"))
    for low, high in ((left, right), (right, left)):
        if max(low) <= min(high):
            return (max(low) + min(high)) / 2
    return 0.0


def _leaf_values(node: dict[str, Any]) -> Iterator[float]:
    if "split_feature" in node:
        yield from _leaf_values(node["left_child"])
        yield from _leaf_values(node["right_child"])
    else:
        yield float(node["leaf_value"])


def _leaves(
    node: dict[str, Any], columns: tuple[Column, ...], sides: dict[str, _Mask]
) -> Iterator[tuple[float, dict[str, _Mask]]]:
    """Yield each leaf's value with the bin codes, by attribute, that fall into it."""
    if "split_feature" not in node:
        yield float(node["leaf_value"]), sides
        return
    column = columns[node["split_feature"]]
    left = _goes_left(node, column.by_code)
    for child, side in (("left_child", left), ("right_child", ~left)):
        outer = sides.get(column.attribute)
        inside = side if outer is None else side & outer
        yield from _leaves(node[child], columns, {**sides, column.attribute: inside})


def _goes_left(node: dict[str, Any], by_code: Floats) -> _Mask:
    """Return for each bin code whether LightGBM sends it left.

    LightGBM reads a missing value as zero if training had no missing values.
    """
    missing = np.isnan(by_code)
    left: _Mask = np.nan_to_num(by_code) <= node["threshold"]
    if node["missing_type"] == "NaN":
        left[missing] = node["default_left"]
    return left
