"""How much work a fit may take: from the size of the table alone, never from the clock.

The same table and seed then give the same card on any machine, however busy. The sizes were set so
that 150,000 rows of 10 attributes and 50,000 of 43 train within ten minutes on two cores
(docs/evidence/models.md).
"""

from __future__ import annotations

from dataclasses import dataclass

#: Cells (rows times attributes) up to which a table counts as small, and as middling.
_SMALL, _MIDDLING = 250_000, 1_000_000


@dataclass(frozen=True)
class Effort:
    """The work granted to one fit, and how freely it may follow the rows.

    Attributes
    ----------
    least_rows, ridge : int, float
        Rows a leaf holds at least, and the L2 penalty of its value: a fixed share of a small
        table. Choosing them out of fold was worse than this rule: on 800 rows the choice is noise.
    rate : float
        Learning rate.
    bags : int
        Ensembles averaged in the end, over all views.
    most_pairs, most_bins : int
        Pairs of attributes in the card, ordinary bins an attribute: small tables support fewer.
    """

    least_rows: int
    ridge: float
    rate: float
    bags: int
    most_pairs: int
    most_bins: int


def effort_for(rows: int, attributes: int) -> Effort:
    """Return the work granted to a table of this size."""
    cells = rows * attributes
    pairs = 16 if rows < 20_000 else 48
    bins = 16 if rows < 3_000 else 20
    least = int(min(max(rows / 50, 10), 100))
    ridge = 1.0 if rows < 3_000 else 5.0 if rows < 20_000 else 10.0
    bags = 12 if cells <= _SMALL else 8 if cells <= _MIDDLING else 6
    rate = 0.05 if cells <= _MIDDLING else 0.08
    return Effort(least, ridge, rate, bags, pairs, bins)
