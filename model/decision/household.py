"""A household's one place on the whitelist: who of its members holds it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Columns, Floats, Ints
from model.decision.knock_outs import Flags

HOUSEHOLD_BORROWER = "household_borrower"


class Contenders(Protocol):
    """Those who may hold their household's place; an `Assessment` is one, and so are its arrays."""

    @property
    def rank(self) -> Ints:
        """Index into `model.decision.whitelist.TIERS`, shape (n,)."""

    @property
    def points(self) -> Ints:
        """Total points, shape (n,)."""

    @property
    def offered(self) -> Flags:
        """Whether an offer stands, shape (n,)."""


def choose_household_borrowers(
    contenders: Contenders, columns: Columns, member_id: NDArray[np.object_]
) -> Floats:
    """Return ``household_borrower``: 1 for one member of each household, 0 for others; shape (n,).

    The place goes to the household's best offer: a member who already has a loan open, then the
    higher tier, then more points, then the smaller member id. The others of that household get 0,
    offer or not, so that a later request cannot make a second borrower of one of them. Where nobody
    has an offer the place stays open (NaN). A member without a household stands alone.
    """
    household = _households(columns, member_id)
    contends = np.flatnonzero(contenders.offered)
    indebted = np.nan_to_num(np.asarray(columns["loans_open"], dtype=np.float64)) > 0
    best_first = contends[
        np.lexsort(
            (
                member_id[contends].astype(str),
                -contenders.points[contends],
                -contenders.rank[contends],
                ~indebted[contends],
                household[contends],
            )
        )
    ]
    _, first = np.unique(household[best_first], return_index=True)
    holders = best_first[first]
    taken = np.isin(household, household[holders])
    place = np.where(taken, 0.0, np.nan)
    place[holders] = 1.0
    return place


def _households(columns: Columns, member_id: NDArray[np.object_]) -> Ints:
    """Return each member's household as a number, shape (n,)."""
    pairs = zip(columns["household_id"].tolist(), member_id.tolist(), strict=True)
    # No archive identifier holds a colon, so nobody alone is taken for a household.
    homes = [home if home is not None else f"alone:{member}" for home, member in pairs]
    _, household = np.unique(np.array(homes, dtype=str), return_inverse=True)
    return household.astype(np.int64, copy=False)
