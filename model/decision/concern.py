"""Which losses of points concern a member: no livestock farmer is told that fields are missing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from model.card.bins import Columns, Ints
from model.decision.knock_outs import Flags
from model.policy.policy import Policy
from model.profile.dictionary import member_dictionary

_FIELDS, _AREA, _OCCUPATION = "plots", "area_total_mu", "occupation"


def losses_told(
    lost: Ints, factors: Sequence[tuple[str, ...]], columns: Columns, policy: Policy
) -> Ints:
    """Return `lost` with 0 where the loss is of fields that the line of work does not have.

    Parameters
    ----------
    lost
        Shape (n, factors).
    """
    of_fields = _of_fields(tuple(factors))
    if not policy.occupations_without_fields or not of_fields.any():
        return lost
    return np.where(works_no_fields(columns, policy)[:, None] & of_fields, 0, lost)


def works_no_fields(columns: Columns, policy: Policy) -> Flags:
    """Return who has no field on record in a line of work without fields, shape (n,)."""
    has_none = ~(np.asarray(columns[_AREA], dtype=np.float64) > 0)
    of_none = np.isin(columns[_OCCUPATION].astype(str), policy.occupations_without_fields)
    return np.asarray(has_none & of_none)


def is_of_fields(name: str) -> bool:
    """Return whether the attribute of the profile is of plots."""
    known = member_dictionary().attributes
    return name in known and _FIELDS in known[name].source


@cache
def _of_fields(factors: tuple[tuple[str, ...], ...]) -> Flags:
    """Return which of `factors` are of plots, shape (factors,)."""
    return np.array([any(is_of_fields(name) for name in factor) for factor in factors])
