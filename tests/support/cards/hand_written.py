"""A card written by hand, for tests and benchmarks that need any card."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from model.card.bins import Bins, Term
from model.card.reason_table import AttributeText
from model.card.scorecard import Card, Grade, Scaling
from model.profile.dictionary import member_dictionary

#: Attribute → (bin edges, points of the ordinary bins, of missing, of out of range).
Table = Mapping[str, tuple[tuple[float, ...], tuple[int, ...]]]

_BINS: Table = {
    "bills_on_time_share_12m": ((0.5, 0.8, 0.95), (-20, 0, 15, 30, 5, 0)),
    "average_balance_12m": ((1_000.0, 5_000.0, 20_000.0), (-15, 0, 15, 35, 0, 0)),
    "months_of_history": ((12.0, 24.0), (0, 10, 20, 5, 0)),
    "net_sales_12m": ((1.0, 20_000.0), (0, 10, 25, 0, 0)),
    "worst_days_past_due_24m": ((1.0, 30.0), (15, -10, -60, 5, 0)),
}
#: Six more, so that every flow of the profile has points.
_MORE: Table = {
    "parcels_sent_12m": ((1.0, 60.0), (0, 5, 15, 0, 0)),
    "area_total_mu": ((0.01, 10.0), (0, 5, 10, 0, 0)),
    "leased_area_share": ((0.5,), (10, 0, 0, 0)),
    "insured_area_share": ((0.01,), (0, 10, 0, 0)),
    "peer_review_grade_24m": ((2.0, 3.0, 4.0), (-30, 0, 10, 20, 5, -30)),
    "adverse_resolved_60m": ((1.0,), (10, -10, -10, -10)),
}
#: What accounts and loans tell, to the month and to the day.
_CONDUCT: Table = {
    "account_age_months": ((12.0, 60.0), (0, 5, 10, 0, 0)),
    "average_days_past_due_24m": ((1.0,), (10, -10, 0, 0)),
    "largest_loan_repaid_24m": ((10_000.0,), (0, 5, -5, 0)),
    "recent_days_late": ((-5.0, 1.0), (15, 5, -10, -5, 0)),
    "late_share_24m": ((0.01,), (10, -10, -5, 0)),
    "held_share_24m": ((0.9,), (5, 0, -5, 0)),
    "days_since_loan_repaid": ((100.0,), (5, 0, -5, 0)),
}


def hand_written_card() -> Card:
    """Return a card over five attributes of the member profile."""
    return _card_of(_BINS, base=575)


def wide_card() -> Card:
    """Return a card over eleven attributes, of which the land counts little."""
    return _card_of({**_BINS, **_MORE}, base=530)


def conduct_card() -> Card:
    """Return a card over what accounts and loans tell, besides five attributes."""
    return _card_of({**_BINS, **_CONDUCT}, base=575)


def _card_of(table: Table, base: int) -> Card:
    known = {name: member_dictionary()[name] for name in table}
    totals = np.arange(450, 760, 5, dtype=np.int64)
    return Card(
        name="written by hand",
        base=base,
        bins={
            name: Bins(name, edges, (), known[name].minimum, known[name].maximum)
            for name, (edges, _) in table.items()
        },
        terms=tuple(
            Term((name,), np.array(points, dtype=np.int64), int(np.mean(points)))
            for name, (_, points) in table.items()
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
