"""A card written by hand, for tests and benchmarks that need any card."""

from __future__ import annotations

import numpy as np

from model.card.bins import Bins, Term
from model.card.scorecard import AttributeText, Card, Grade, Scaling
from model.profile.dictionary import member_dictionary

#: Attribute → (bin edges, points of the ordinary bins, of missing, of out of range).
_BINS = {
    "bills_on_time_share_12m": ((0.5, 0.8, 0.95), (-20, 0, 15, 30, 5, 0)),
    "average_balance_12m": ((1_000.0, 5_000.0, 20_000.0), (-15, 0, 15, 35, 0, 0)),
    "months_of_history": ((12.0, 24.0), (0, 10, 20, 5, 0)),
    "net_sales_12m": ((1.0, 20_000.0), (0, 10, 25, 0, 0)),
    "worst_days_past_due_24m": ((1.0, 30.0), (15, -10, -60, 5, 0)),
}


def hand_written_card() -> Card:
    """Return a card over five attributes of the member profile."""
    known = {name: member_dictionary()[name] for name in _BINS}
    totals = np.arange(450, 760, 5, dtype=np.int64)
    return Card(
        name="written by hand",
        base=575,
        bins={
            name: Bins(name, edges, (), known[name].minimum, known[name].maximum)
            for name, (edges, _) in _BINS.items()
        },
        terms=tuple(
            Term((name,), np.array(points, dtype=np.int64), int(np.mean(points)))
            for name, (_, points) in _BINS.items()
        ),
        wording={
            name: AttributeText(each.label, each.reason, each.missing, each.actionable)
            for name, each in known.items()
        },
        pd_points=totals,
        # 600 points at 50:1, 20 points double the odds.
        pd_values=1 / (1 + 50 * 2.0 ** ((totals - 600) / 20)),
        grades=(Grade("A", 0.01), Grade("B", 0.05), Grade("C", 1.0)),
        scaling=Scaling(),
        provenance={},
    )
