"""The registration of attributes: a view prepares rows, a formula turns them into one value.

To add an attribute, declare it in ``dictionary.yaml``, write one function of the same name in the
file of its flow with ``@formula(view)`` above it, and test it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from ibis.expr.types import Table, Value

from model.profile.point_in_time import PointInTime


@dataclass(frozen=True)
class View:
    """Rows prepared once for all formulas that read them.

    Attributes
    ----------
    tables : tuple of str
        The archive tables that the view needs; if one is absent, its attributes are missing.
    either : tuple of str
        Tables that hold the same facts in different shapes: at least one is needed; none if empty.
    single : bool
        Whether there is one row per member and as-of date, so that a formula is a plain column;
        otherwise a formula is an aggregate over many rows.
    """

    rows: Callable[[PointInTime], Table]
    tables: tuple[str, ...]
    single: bool
    either: tuple[str, ...] = ()

    def can_read(self, tables: Collection[str]) -> bool:
        """Return whether `tables` hold what the view needs."""
        return set(self.tables) <= set(tables) and (
            not self.either or not set(self.either).isdisjoint(tables)
        )


@dataclass(frozen=True)
class Formula:
    """One attribute: its view, its function, and its value for a member without any row."""

    name: str
    view: View
    compute: Callable[[Table], Value]
    none: int | None
    definition: str


#: The view of formulas that read the attributes of other views.
PROFILE = View(lambda now: now.spine, (), single=True)


def view(
    *tables: str, single: bool = False, either: tuple[str, ...] = ()
) -> Callable[[Callable[[PointInTime], Table]], View]:
    """Declare the decorated function as a `View` over `tables`, and one of `either`."""
    return lambda function: View(function, tables, single, either)


def formula(view: View, none: int | None = None) -> Callable[[Callable[[Table], Value]], Formula]:
    """Declare the decorated function as the formula of the attribute of the same name.

    Parameters
    ----------
    none : int, optional
        The value for a member without rows in the tables (0 for counts and sums); without it such
        a value is missing.
    """

    def declare(function: Callable[[Table], Value]) -> Formula:
        definition = (function.__doc__ or "").strip()
        return Formula(function.__name__, view, function, none, definition)

    return declare


def recorded(view: View, column: str, definition: str = "As recorded.") -> Formula:
    """Declare an attribute that is the `column` of the same name, unchanged."""
    return Formula(column, view, lambda rows: rows[column], None, definition)
