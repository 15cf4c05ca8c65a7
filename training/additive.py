"""Additive models: the bins and tables of log odds that every family returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from model.card.bins import Bins, Columns, Floats, input_values
from model.card.derived import Derived
from model.errors import TrainingError
from model.profile.dictionary import Text
from training.samples.sample import Sample

NO_NOTE = Text("", "")


@dataclass(frozen=True)
class Shape:
    """Log odds good:bad that an attribute, or a pair of attributes, adds, by bin code.

    Attributes
    ----------
    log_odds : Floats
        Shape (size,) or (size of the first, size of the second).
    """

    attributes: tuple[str, ...]
    log_odds: Floats


@dataclass(frozen=True)
class Additive:
    """A fitted model as tables: log odds good:bad = intercept + the sum over shapes.

    Attributes
    ----------
    bins : mapping of str to Bins
        By attribute, sources of the derived ones included.
    derived : mapping of str to Derived
        By name: the attributes that are ratios or differences of two others.
    """

    intercept: float
    bins: Mapping[str, Bins]
    shapes: tuple[Shape, ...]
    derived: Mapping[str, Derived] = field(default_factory=dict)

    def log_odds(self, columns: Columns) -> Floats:
        """Return the log odds good:bad of each row, shape (n,)."""
        names = dict.fromkeys(name for shape in self.shapes for name in shape.attributes)
        codes = {
            name: self.bins[name].codes(input_values(name, columns, self.bins, self.derived))
            for name in names
        }
        parts = [s.log_odds[tuple(codes[name] for name in s.attributes)] for s in self.shapes]
        return np.asarray(self.intercept + np.sum(parts, axis=0), dtype=np.float64)


@dataclass(frozen=True)
class Dropped:
    """An attribute that did not enter the model, and the reason."""

    attribute: str
    reason: Text


def no_usable_attribute(dropped: Sequence[Dropped]) -> TrainingError:
    """Return the error of a sample of which every attribute was `dropped`."""
    reasons = "; ".join(f"{d.attribute}: {d.reason.en}" for d in dropped[:10])
    more = f"; and {len(dropped) - 10} more" if len(dropped) > 10 else ""
    return TrainingError(
        f"no attribute can be used, so there is nothing to score by ({reasons}{more})"
    )


@dataclass(frozen=True)
class Fit:
    """One fitted model of a family.

    Attributes
    ----------
    strength : mapping of str to float
        By attribute: its information value.
    estimator : object
        The fitted estimator, stored for analysts; the card does not need it.
    fine : Additive or None
        The model before its bins were merged; None if none were.
    note : Text
        What the family chose, in words.
    on : callable or None
        Fits the same choices (attributes, pairs, rounds, penalty) to another sample.
    """

    additive: Additive
    dropped: tuple[Dropped, ...]
    strength: Mapping[str, float]
    estimator: object
    fine: Additive | None = None
    note: Text = NO_NOTE
    on: Callable[[Sample], Fit] | None = None
