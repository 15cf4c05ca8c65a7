"""A cooperative's head is judged as a household: the cooperative's turnover is not its income."""

from __future__ import annotations

import numpy as np

from model.card.bins import Columns
from model.policy.policy import Policy

HEADS_COOPERATIVE = "heads_cooperative"
#: What the records of such a head may owe to the cooperative, besides the areas of crops: income,
#: and the rent of land.
_TURNOVER = (
    "net_sales_12m", "qr_receipts_12m", "subsidy_12m", "rent_12m", "leased_mu_without_rent",
)  # fmt: skip
_AREAS = ("area_", "harvest_")


def household_alone(columns: Columns, policy: Policy) -> Columns:
    """Return `columns` without land and turnover of heads whose cooperative has no file of its own.

    Only under a policy with a rule that tells them so.
    """
    if HEADS_COOPERATIVE not in policy.read_by_rules:
        return columns
    is_head = np.asarray(columns[HEADS_COOPERATIVE], dtype=np.float64) == 1
    if not is_head.any():
        return columns
    names = [
        name
        for name in columns
        if name in _TURNOVER or (name.startswith(_AREAS) and name.endswith("_mu"))
    ]
    apart = {
        name: np.where(is_head, 0.0, np.asarray(columns[name], dtype=np.float64)) for name in names
    }
    return {**columns, **apart}
