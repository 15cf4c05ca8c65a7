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


def losses_told(lost: Ints, attributes: Sequence[str], columns: Columns, policy: Policy) -> Ints:
    """Return `lost` with 0 where the loss is of fields that the line of work does not have.

    Parameters
    ----------
    lost
        Shape (n, attributes).
    """
    of_fields = _of_fields(tuple(attributes))
    if not policy.occupations_without_fields or not of_fields.any():
        return lost
    has_none = ~(np.asarray(columns[_AREA], dtype=np.float64) > 0)
    works_none = np.isin(columns[_OCCUPATION].astype(str), policy.occupations_without_fields)
    return np.where((has_none & works_none)[:, None] & of_fields, 0, lost)


@cache
def _of_fields(attributes: tuple[str, ...]) -> Flags:
    """Return which of `attributes` are of plots, shape (attributes,)."""
    known = member_dictionary().attributes
    return np.array([name in known and _FIELDS in known[name].source for name in attributes])
